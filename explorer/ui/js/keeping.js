// What is kept beside the picture of now: the steps before it, a pinned one, presets; and playing.

const KEYS_OF_TEXT = 'input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file], [readonly]), textarea, [contenteditable=true]';
const TOUCHED = '#controls :is(input, select, button:not(.label-wrap)), #header :is(button, input), #live .stage, #study .cell, .tray .strip';
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const TOLD = { // of the header's buttons
  undo: `Undo the last change (${IS_MAC ? '⌘Z' : 'Ctrl+Z'})`,
  redo: `Redo what was undone (${IS_MAC ? '⇧⌘Z' : 'Ctrl+Shift+Z'})`,
  pin: 'Keep this picture in view, and compare it with what comes',
};
const UNPIN = 'Let go of the pinned picture';

/** 'undo', 'redo' or null for a key press. In a text field the field itself undoes. */
function strokeOf(event) {
  if (event.altKey || !(event.ctrlKey || event.metaKey) || event.target.closest?.(KEYS_OF_TEXT)) return null;
  const key = event.key.toLowerCase();
  if (key === 'y' && !event.shiftKey) return 'redo';
  return key === 'z' ? (event.shiftKey ? 'redo' : 'undo') : null;
}

/**
 * @param host {visitor, recipe(), context(), view(), isHere(model), isLive(), replace(recipe),
 *              play(recipe), rest(), trigger(event), directions(), server()}
 */
function createKeeping(host) {
  let past = keptHistory(() => sessionStorage);
  let isFull = false; // there was no room for the history, and it was said
  let strip = null;
  let loop = null;
  let pin = null;
  let cameFrom = null; // the place in the history, until the picture gone to is there
  const say = (text) => host.view().say(text);

  const shelf = createShelf({
    recipe: host.recipe,
    replace: host.replace,
    library: () => host.directions().library,
    bring: (direction) => host.server().bring(direction),
    check: (recipes) => host.server().check({ recipes }),
    say,
    changed: () => host.recipe() && host.trigger('titles'),
    storage: () => localStorage,
  });

  /** The header's buttons: what they do now, and whether there is anything to do. */
  function dress() {
    const set = (id, name, value) => document.getElementById(id)?.setAttribute(name, value);
    const isPinned = Boolean(pin?.recipe());
    for (const [id, title] of Object.entries(TOLD)) set(id, 'title', title);
    if (isPinned) set('pin', 'title', UNPIN);
    set('pin', 'aria-pressed', String(isPinned));
    // Not `disabled`: a button that is pressed by keyboard must not lose the focus.
    set('undo', 'aria-disabled', String(moved(past, -1) === past));
    set('redo', 'aria-disabled', String(moved(past, 1) === past));
  }

  function lay() {
    strip?.lay(past);
    dress();
  }

  function keep() {
    const isKept = keepHistory(past, () => sessionStorage);
    if (!isKept && !isFull) say('This tab has no room to keep the history: a reload forgets it.');
    isFull = !isKept;
  }

  /** One step back or forward. What has changed since the last step is a step of its own. */
  function go(by) {
    loop?.stop();
    past = stepTo(past, host.recipe());
    const next = moved(past, by);
    lay();
    if (next === past) return;
    cameFrom = past.at;
    past = next;
    host.replace(stepAt(past).recipe);
    lay();
    keep();
  }

  /** Go to a step of the strip: where it stands while others were undone, else as a new step. */
  function visit(recipe) {
    const place = past.steps.findIndex((step) => step.recipe === recipe);
    if (past.at < past.steps.length - 1 && place >= 0) go(place - past.at);
    else host.replace(recipe);
  }

  document.addEventListener('keydown', (event) => {
    const stroke = strokeOf(event);
    if (stroke) {
      event.preventDefault();
      go(stroke === 'undo' ? -1 : 1);
    } else if (!['Tab', 'Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) touched(event);
  });
  document.addEventListener('pointerdown', touched, true);

  /** A hand on a control takes over from the loop. */
  function touched(event) {
    if (event.target.closest?.(TOUCHED)) loop?.stop();
  }

  /** Steps up to now, {recipe, thumb}, the newest last. */
  const steps = () => past.steps.slice(0, past.at + 1);
  const recipes = () => steps().map(({ recipe }) => recipe);

  return {
    /** The recipe is changed by somebody else than the loop. */
    changed: () => loop?.stop(),
    /** The recipe cannot be drawn: a step that was gone to is left again, and the others stay. */
    refused() {
      if (cameFrom === null) return;
      past = { ...past, at: cameFrom };
      cameFrom = null;
      lay();
      keep();
    },
    presets: shelf.count,
    steps,
    /** The live view is there. */
    open() {
      pin = createPin({
        compare: createCompare(host.view().stage, host.view().image, () => host.replace(pin.recipe())),
        image: () => host.view().image,
        recipe: host.recipe,
        rest: host.rest,
        draw: () => host.trigger('pinned'),
        say,
        bring: (keys) => host.directions().bring(keys),
        changed: dress,
        storage: () => sessionStorage,
      });
    },
    /** The full-quality picture of the recipe is on show. */
    rested() {
      cameFrom = null;
      pin.restore();
      pin.rested();
      if (loop?.isPlaying()) return;
      past = stepTo(past, host.recipe(), thumbnailOf(host.view().image));
      lay();
      keep();
    },
    failed: () => pin?.failed(),
    /** What Gradio's components and events call. */
    events: {
      mountPresets: shelf.mount,
      mountTray(element) {
        strip = createStrip(element.querySelector('.strip'), visit);
        loop = createLoop(element, {
          recipe: host.recipe,
          context: host.context,
          recipes: () => recipes().filter(({ model }) => host.isHere(model)),
          isPossible: host.isLive,
          play: host.play,
          write(event) {
            host.trigger(event);
            if (event === 'sync') host.directions().follow(host.recipe());
          },
          say,
          stopped: () => host.trigger('sync'),
        });
        lay();
      },
      undo: () => go(-1),
      redo: () => go(1),
      pin() {
        loop?.stop();
        pin.toggle();
      },
      pinning: () => [...pin.asked(), host.visitor, []],
      pinned: (file, details) => pin.drawn(file, details),
      pinFailed: () => pin.notDrawn(),
    },
  };
}
