// What is seen of the live view: the picture, its status line, one message. Decides nothing.

const MESSAGE_MS = 8000;
const FULL_HINT = 'The full picture, as it is saved: its size, where and in which number format it '
  + 'was drawn, and how long that took.';
const PREVIEW_HINT = 'Smaller or coarser than the full picture, so that it keeps up with your hand. '
  + 'The full picture follows when you stop.';

function createView(element, { model }) {
  const find = (selector) => element.querySelector(selector);
  const image = find('img');
  const status = find('.status');
  const message = find('.message');
  const shownAt = [];
  let frames = 0;
  let timer = null;
  let isLasting = false; // the message on show stays until another one

  Object.assign(image.dataset, { seq: 0, frames: 0, recipe: '', rest: 0 });

  find('.true-size').addEventListener('click', (event) => {
    const isTrue = find('.stage').classList.toggle('true-pixels');
    event.currentTarget.setAttribute('aria-pressed', String(isTrue));
  });

  /** Frames a second over the last second. */
  function rate() {
    const now = performance.now();
    while (shownAt.length && now - shownAt[0] > 1000) shownAt.shift();
    return shownAt.length;
  }

  function describe(details, isRest) {
    const size = `${details.width} × ${details.height}${details.full ? '' : ' preview'}`;
    const device = details.device === 'cpu' ? 'CPU' : details.device.toUpperCase();
    const speed = isRest ? 'full quality' : `${rate()} frames/s`;
    const parts = [size, device, details.precision, `${Math.round(details.ms)} ms`, speed];
    if (details.quality) parts.push(`JPEG quality ${details.quality}`);
    status.textContent = parts.join(' · ');
    status.title = details.full ? FULL_HINT : PREVIEW_HINT;
  }

  return {
    image,
    stage: find('.stage'),

    /**
     * Swap in the picture at `url` once it is decoded, if it `isWanted` then.
     * `seq` numbers the request it answers.
     */
    async show(url, { seq, details, isRest, isWanted }) {
      const next = new Image();
      next.src = url;
      const isWhole = await next.decode().then(() => true, () => false);
      if (!isWhole || !isWanted()) return false;
      image.src = url; // decoded: the swap is synchronous and does not flash
      shownAt.push(performance.now());
      frames += 1;
      Object.assign(image.dataset, { seq, frames, recipe: details.recipe, rest: isRest ? 1 : 0 });
      // True pixels are those of the model: a preview stands where the full picture will.
      const [height, width] = model().resolution;
      image.style.setProperty('--width', `${width}px`);
      image.style.setProperty('--height', `${height}px`);
      image.alt = `Picture of ${model().name}, ${details.width} by ${details.height} pixels`;
      image.parentElement.classList.add('shown');
      describe(details, isRest);
      return true;
    },

    /** The picture no longer is the full-quality one of the last value. */
    moving() {
      image.dataset.rest = 0;
    },

    /** Say one sentence, as text; it goes away by itself unless `stays`. */
    say(text, stays = false) {
      clearTimeout(timer);
      isLasting = stays;
      message.textContent = text;
      message.hidden = !text;
      if (text && !stays) timer = setTimeout(() => this.say(''), MESSAGE_MS);
    },

    /** The next good action: a message has been read. */
    hush() {
      if (!isLasting) this.say('');
    },
  };
}
