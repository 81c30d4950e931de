// Walking over the grid of seeds by dragging the picture, with a finger or with the arrow keys.

const SEEDS_PER_WIDTH = 1.5; // grid points that a drag across the whole picture passes
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SMALL_STEP = 0.1;

/**
 * @param stage the element that is dragged and focused
 * @param where () => {x, y} of source A
 * @param walk  ({x, y}) => moves source A there
 */
function createWalk(stage, { where, walk }) {
  let grip = null;

  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target.closest('button')) return;
    grip = { x: event.clientX, y: event.clientY, from: where() };
    stage.setPointerCapture(event.pointerId);
    stage.classList.add('held');
  });
  stage.addEventListener('pointermove', (event) => {
    if (!grip) return;
    const scale = SEEDS_PER_WIDTH / stage.clientWidth;
    walk({
      x: grip.from.x - (event.clientX - grip.x) * scale,
      y: grip.from.y - (event.clientY - grip.y) * scale,
    });
  });
  const release = () => {
    grip = null;
    stage.classList.remove('held');
  };
  stage.addEventListener('pointerup', release);
  stage.addEventListener('pointercancel', release);

  stage.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (!step || event.target !== stage) return;
    event.preventDefault();
    const size = event.shiftKey ? 1 : SMALL_STEP;
    const { x, y } = where();
    // Tenths add up to whole seeds only if they are rounded on the way.
    const to = (value, delta) => Math.round((value + delta * size) * 1000) / 1000;
    walk({ x: to(x, step[0]), y: to(y, step[1]) });
  });
}
