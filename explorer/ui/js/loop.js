// Playing: the recipe moves by itself, from A to B and back or through the steps of the history.
//
// It moves by the clock. The pump draws the newest recipe when it can, so a slow machine shows
// fewer pictures of the same movement, not a slower one.

const LEG_SECONDS = 4; // from one picture to the next at speed 1
const MOST_KEYS = 12; // steps of the history that are played
const LONGEST_TICK = 0.25; // seconds; after a pause it goes on where it was
const WRITE_MS = { ab: 60, steps: 200 }; // between two looks of the controls

/** A and B and back, as a function of the way done (in legs), which begins where `recipe` is. */
function pingPong(recipe) {
  const begun = Math.acos(1 - 2 * recipe.t) / Math.PI;
  return (legs) => overlay(recipe, { t: eased(begun + legs) });
}

/** Through `keys` and back to the first, as a function of the way done (in legs). */
function roundTrip(keys, context) {
  return (legs) => {
    const leg = Math.floor(legs) % keys.length;
    return recipeBetween(keys[leg], keys[(leg + 1) % keys.length], eased(legs % 1), context);
  };
}

/** The last different ones of `recipes`: first the newest, then from the oldest on. */
function keysOf(recipes) {
  const keys = [];
  for (const recipe of [...recipes].reverse()) {
    if (!keys.some((key) => isSame(key, recipe))) keys.push(recipe);
  }
  const [newest, ...others] = keys.slice(0, MOST_KEYS);
  return [newest, ...others.reverse()];
}

/**
 * @param host {recipe(), recipes() of the open model up to now, context(), isPossible(), play(recipe), write(event), say(text),
 *              stopped()}
 */
function createLoop(element, host) {
  const find = (selector) => element.querySelector(selector);
  let way = null; // (legs) => recipe, while it plays
  let legs = 0;
  let last = 0;
  let written = 0;
  let frame = null;

  /** The way to play, or null, and then why there is none is said. */
  function chosen() {
    const recipe = host.recipe();
    if (find('.way').value === 'ab') {
      if (seedOf(recipe.a) !== seedOf(recipe.b)) return pingPong(recipe);
      host.say('Seed A and seed B are the same: choose another B to play the way between them.');
      return null;
    }
    const keys = keysOf([...host.recipes(), recipe]);
    if (keys.length > 1) return roundTrip(keys, host.context());
    host.say('There is one step only: change something, and play again.');
    return null;
  }

  function tick(now) {
    frame = requestAnimationFrame(tick);
    const seconds = Math.min((now - last) / 1000, LONGEST_TICK);
    last = now;
    legs += (Math.max(seconds, 0) * Number(find('.speed').value)) / LEG_SECONDS;
    host.play(way(legs));
    const kind = find('.way').value;
    if (now - written < WRITE_MS[kind]) return;
    written = now;
    host.write(kind === 'ab' ? 'dragged' : 'sync');
  }

  function roll() {
    last = performance.now();
    frame = requestAnimationFrame(tick);
  }

  function show() {
    find('.play').textContent = way ? 'Pause' : 'Play';
    element.classList.toggle('playing', way !== null);
  }

  const loop = {
    isPlaying: () => way !== null,
    start() {
      way = chosen();
      legs = 0;
      show();
      if (way) roll();
    },
    stop() {
      if (!way) return;
      cancelAnimationFrame(frame);
      way = null;
      show();
      host.stopped();
    },
  };

  find('.play').addEventListener('click', () => (way ? loop.stop() : loop.start()));
  find('.way').addEventListener('change', loop.stop);
  document.addEventListener('visibilitychange', () => {
    if (!way) return;
    cancelAnimationFrame(frame);
    if (!document.hidden) roll();
  });
  if (!host.isPossible()) {
    find('.play').disabled = true;
    find('.play').title = 'On this server pictures are drawn when the hand rests: nothing can be played.';
  }
  show();
  return loop;
}
