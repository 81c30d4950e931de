// The steps of this tab: every recipe that the picture came to rest on, each with a small picture.
//
// A value {steps: [{recipe, thumb}], at} that never changes; going to a step is `replace(recipe)`.
// It is kept in the tab's session storage, so that a reload keeps it and tabs do not share it.

const MOST_STEPS = 200;
const HISTORY_KEY = 'history';
const MOST_THUMB = 8000; // characters of one small picture
const MOST_THUMBS = 600_000; // characters of all of them; the oldest go first

const freshHistory = () => ({ steps: [], at: -1 });
const stepAt = ({ steps, at }) => steps[at] ?? null;
const isThumb = (text) =>
  typeof text === 'string' && text.length <= MOST_THUMB && /^data:image\/jpeg;base64,[\w+/=]*$/.test(text);

/** The steps without the small pictures of the oldest, so that all have at most `most` characters. */
function slimmed(steps, most) {
  let room = most;
  return [...steps].reverse().map((step) => {
    room -= step.thumb.length;
    return room < 0 && step.thumb ? { ...step, thumb: '' } : step;
  }).reverse();
}

/** One step more, and what was undone is gone; nothing new where `recipe` is where it stands. */
function stepTo(past, recipe, thumb = '') {
  const now = stepAt(past);
  const picture = isThumb(thumb) ? thumb : '';
  if (now && isSame(now.recipe, recipe)) {
    if (now.thumb || !picture) return past;
    const steps = past.steps.map((step) => (step === now ? { ...now, thumb: picture } : step));
    return { ...past, steps };
  }
  const next = { recipe: structuredClone(recipe), thumb: picture };
  const steps = slimmed([...past.steps.slice(0, past.at + 1), next].slice(-MOST_STEPS), MOST_THUMBS);
  return { steps, at: steps.length - 1 };
}

/** One step back (-1) or forward (1); the same where there is none. */
function moved(past, by) {
  const at = past.at + by;
  return at in past.steps ? { ...past, at } : past;
}

/** A history out of a text; a fresh one where the text holds none. The server checks recipes. */
function readHistory(text) {
  try {
    const { version, steps, at } = JSON.parse(text);
    const isWhole = version === 1 && Array.isArray(steps) && steps.length <= MOST_STEPS && at in steps
      && Number.isInteger(at) && steps.every(({ recipe, thumb }) =>
        recipe?.version === 1 && (thumb === '' || isThumb(thumb)));
    return isWhole ? { steps, at } : freshHistory();
  } catch {
    return freshHistory();
  }
}

/** What `readHistory` reads. */
const writeHistory = ({ steps, at }) => JSON.stringify({ version: 1, at, steps });

/** Keep it for a reload, with as many small pictures as there is room for; whether there was any. */
function keepHistory(past, storage) {
  for (let most = MOST_THUMBS; ; most = most > 10_000 ? most / 2 : 0) {
    try {
      storage().setItem(HISTORY_KEY, writeHistory({ ...past, steps: slimmed(past.steps, most) }));
      return true;
    } catch {
      if (!most) return false; // full even without pictures, or forbidden
    }
  }
}

/** What this tab kept before it was reloaded. */
function keptHistory(storage) {
  try {
    return readHistory(storage().getItem(HISTORY_KEY) ?? '');
  } catch {
    return freshHistory();
  }
}
