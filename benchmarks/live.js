// Drags psi for a while as a hand does, an input event every 16 ms, lets go, and notes what is shown.
async ({ seconds }) => {
  const REST_WITHIN = 10000; // ms
  const image = document.querySelector('#live img');
  const range = document.querySelector('#psi input[type=range]');
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const [min, max] = [Number(range.min), Number(range.max)];
  const steps = Math.round((max - min) / 0.01);
  const moves = []; // [seq, time] of each input
  const frames = []; // [seq, time, recipe, short side] of each picture shown
  const first = Number(image.dataset.seq);

  const observer = new MutationObserver(() => {
    const side = Math.min(image.naturalWidth, image.naturalHeight);
    frames.push([Number(image.dataset.seq), performance.now(), image.dataset.recipe, side]);
  });
  observer.observe(image, { attributes: true, attributeFilter: ['data-frames'] });

  const started = performance.now();
  let last = null;
  for (let i = 1; performance.now() - started < seconds * 1000; i += 1) {
    const place = i % (2 * steps);
    last = (min + 0.01 * (place <= steps ? place : 2 * steps - place)).toFixed(2);
    setValue.call(range, last);
    range.dispatchEvent(new Event('input', { bubbles: true }));
    moves.push([first + i, performance.now()]);
    await wait(16);
  }
  const dragged = performance.now() - started;
  const whileDragging = frames.length;
  const released = performance.now();
  range.dispatchEvent(new Event('pointerup', { bubbles: true }));
  const late = released + REST_WITHIN;
  while (image.dataset.rest !== '1' && performance.now() < late) await wait(4);
  const rested = image.dataset.rest === '1' ? performance.now() - released : null;
  observer.disconnect();
  return { moves, frames, whileDragging, dragged, last, rested };
}
