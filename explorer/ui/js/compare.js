// Two pictures in one frame: the pinned one left of a divider, the one of now right of it.
// Or by turns: the flicker. For who wants less motion, a button changes them by hand instead.

const HANDLE = 28; // pixels, width of the divider's handle
const TURN_MS = 500; // two changes a second: far below what can hurt

/** Where the picture itself lies inside the box of `element`, in pixels of the window. */
function pictureBox(element, width, height) {
  const box = element.getBoundingClientRect();
  const scale = Math.min(box.width / width, box.height / height);
  const inside = scale > 0 && Number.isFinite(scale) ? width * scale : box.width;
  return { box, left: box.left + (box.width - inside) / 2, right: box.right - (box.width - inside) / 2 };
}

/** The picture at `url` as `open` takes it, or null where it does not arrive. */
async function fetchedPicture(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) return null;
    const blob = await response.blob();
    const { width, height } = await createImageBitmap(blob);
    return { blob, width, height };
  } catch {
    return null;
  }
}

/**
 * @param stage the frame of the picture `image`
 * @param back  called by the button that goes back to the pinned picture
 */
function createCompare(stage, image, back) {
  // A background: it is scaled as the picture is, a canvas would not be.
  const pinned = make('div', { className: 'pinned', role: 'img', 'aria-label': 'The pinned picture' });
  const divider = make('input', {
    type: 'range', className: 'divider', min: 0, max: 100, value: 50, 'aria-label': 'Divider: left of it the pinned picture',
  });
  const then = make('span', { className: 'chip then' });
  const now = make('span', { className: 'chip now', text: 'now' });
  const flicker = button('', '', turnOver);
  const home = button('Back to pinned', 'Draw the pinned settings again, as a new step', () => back());
  const tools = make('div', { className: 'compare-tools' }, flicker, home);
  const parts = [pinned, divider, then, now, tools];
  let shows = 'both'; // or 'pinned', or 'now'
  let timer = null;
  let isOpen = false;
  let size = [1, 1]; // of the pinned picture, in its own pixels
  let url = ''; // of its bytes, which the server may sweep away

  const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

  function place() {
    if (!isOpen) return;
    const frame = stage.getBoundingClientRect();
    const old = pictureBox(pinned, ...size);
    const fresh = pictureBox(image, image.naturalWidth, image.naturalHeight);
    const [left, right] = [Math.min(old.left, fresh.left), Math.max(old.right, fresh.right)];
    const share = { both: divider.valueAsNumber / 100, pinned: 1, now: 0 }[shows];
    const x = left + share * (right - left);
    divider.style.left = `${left - HANDLE / 2 - frame.left - stage.clientLeft}px`;
    divider.style.width = `${right - left + HANDLE}px`;
    pinned.style.clipPath = `inset(0 ${old.box.right - x}px 0 0)`;
    image.style.clipPath = `inset(0 0 0 ${x - fresh.box.left}px)`;
    divider.hidden = shows !== 'both';
    then.hidden = shows === 'now';
    now.hidden = shows === 'pinned';
    divider.setAttribute('aria-valuetext', `${divider.value} % pinned`);
    stage.dataset.shows = shows;
  }

  function show(which) {
    shows = which;
    place();
  }

  /** The button: flicker or stop it; without motion pinned, now and both, one after the other. */
  function turnOver() {
    if (isCalm()) {
      still();
      show({ both: 'pinned', pinned: 'now', now: 'both' }[shows]);
    } else if (timer) {
      still();
      show('both');
    } else {
      timer = setInterval(() => show(shows === 'pinned' ? 'now' : 'pinned'), TURN_MS);
      show('pinned');
    }
    name();
  }

  function still() {
    clearInterval(timer);
    timer = null;
  }

  function name() {
    flicker.textContent = isCalm() ? 'Swap' : 'Flicker';
    flicker.title = isCalm() ? 'Show the pinned picture, the one of now, or both'
      : 'Show the pinned picture and the one of now by turns';
    flicker.setAttribute('aria-pressed', String(timer !== null || shows !== 'both'));
  }

  divider.addEventListener('input', place);
  for (const part of [divider, tools]) {
    part.addEventListener('pointerdown', (event) => event.stopPropagation()); // no walk
  }
  image.addEventListener('load', place);
  new ResizeObserver(place).observe(stage);
  new MutationObserver(place).observe(stage, { attributes: true, attributeFilter: ['class'] });

  return {
    /** Compare with `picture`, {blob, width, height}; there is only a word for it where it is null. */
    open(picture, word = 'pinned') {
      if (!isOpen) {
        shows = 'both';
        divider.value = 50;
        stage.append(...parts);
      }
      isOpen = true;
      URL.revokeObjectURL(url);
      url = picture ? URL.createObjectURL(picture.blob) : '';
      size = picture ? [picture.width, picture.height] : [1, 1];
      pinned.style.backgroundImage = picture ? `url(${url})` : 'none';
      pinned.style.setProperty('--width', `${size[0]}px`);
      pinned.style.setProperty('--height', `${size[1]}px`);
      then.textContent = word;
      name();
      place();
    },
    close() {
      still();
      isOpen = false;
      URL.revokeObjectURL(url);
      for (const part of parts) part.remove();
      image.style.clipPath = '';
      delete stage.dataset.shows;
    },
  };
}
