// Pictures that come and go: links, and files that carry their recipe.

const MOST_PICTURE = 64 << 20; // bytes
const NO_RECIPE = 'carries no recipe. Choose a PNG or a recipe saved by this explorer, and not edited since.';
const DAMAGED_LINK = 'The link is damaged: it holds no recipe. Copy it again.';

/**
 * @param element  of the live view
 * @param host     {defaults, recipe(), own(recipe), adopt(directions, model), bring(direction), model(),
 *                  restore(recipe), say(text), save()}
 */
function createSharing(element, host) {
  const { defaults, say } = host;
  const shelf = element.querySelector('.shelf');
  let written = 0;
  let taken = 0; // how many pictures came: an older one that takes longer gives way

  const link = () => linkTo(host.recipe(), host.own(host.recipe()), defaults);

  /** What the server says of a direction; it is asked again until it answers, or the next one comes. */
  async function brought(one, number) {
    for (let pause = PAUSE; number === taken; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const reply = await host.bring(one).catch(() => undefined);
      if (reply) return reply;
      say('The server does not answer; trying again. Nothing is lost.');
      await wait(pause);
    }
    return null;
  }

  /** Show a recipe that came from elsewhere, with the directions that came along, as a text. */
  async function take(recipe, directions) {
    taken += 1;
    const number = taken;
    const { name, hash } = recipe.model;
    if (!name && !hash) recipe = overlay(recipe, { model: { name: host.model().name, hash: host.model().hash } });
    try {
      const found = directions ? await carriedIn(directions) : [];
      const replies = await Promise.all(found.map((one) => brought(one, number)));
      if (number !== taken) return;
      const wrong = replies.find((reply) => !reply?.key);
      if (wrong) throw new TypeError(wrong.problem);
      const known = found.map((one, index) => ({ ...one, key: replies[index].key }));
      if (known.length) host.adopt(known, recipe.model.hash || host.model().hash);
    } catch {
      say('The directions that came with the picture are damaged. Copy the link again, or choose another file.');
    }
    host.restore(recipe);
  }

  async function takeLink(address) {
    const { r, v } = partsOf(address);
    const recipe = await fromText(r ?? '', defaults);
    if (!recipe) return false;
    await take(recipe, v);
    return true;
  }

  /** Open a file; whatever is wrong with it is one sentence. */
  async function open(file) {
    if (!file) return;
    const problem = `${file.name} ${NO_RECIPE}`;
    if (file.size > MOST_PICTURE) {
      return say(`${file.name} has ${megabytes(file.size)} MB, a picture saved here at most ${megabytes(MOST_PICTURE)}. Choose another file.`);
    }
    try {
      const isPicture = isPng(new Uint8Array(await file.slice(0, PNG_START.length).arrayBuffer()));
      if (!isPicture && file.size > MOST_RECIPE) return say(problem);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const texts = isPicture ? await textsOfPng(bytes) : { recipe: bytes, directions: null };
      const recipe = texts.recipe && fromJson(texts.recipe, defaults);
      if (!recipe) return say(problem);
      say(`${file.name} is open.`);
      await take(recipe, texts.directions);
    } catch {
      say(problem);
    }
  }

  /** One row over the picture: `text`, then `parts`, and a way to close it. */
  function put(text, ...parts) {
    const close = button('Close', 'Take this away', () => shelf.replaceChildren());
    const row = make('div', { className: 'shared', role: 'group', 'aria-label': text }, make('span', { text }), ...parts, close);
    row.addEventListener('keydown', ({ key }) => key === 'Escape' && shelf.replaceChildren());
    shelf.replaceChildren(row);
  }

  watchForFiles(element.querySelector('.stage'), open);
  element.querySelector('.open-file').addEventListener('click', async () => open(await chosenFile('.png,.json')));
  document.addEventListener('paste', async (event) => {
    if (event.target.closest?.(KEYS_OF_TEXT)) return;
    const [file] = event.clipboardData.files;
    if (file) return open(file);
    const text = event.clipboardData.getData('text').trim();
    const recipe = text.startsWith('{') ? fromJson(text, defaults) : null;
    if (recipe) return take(recipe, null);
    const isLink = URL.canParse?.(text, location.href) && partsOf(text).r;
    if (isLink && !(await takeLink(text))) say(DAMAGED_LINK);
  });
  window.addEventListener('hashchange', async () => {
    if (partsOf(location.href).r && !(await takeLink(location.href))) say(DAMAGED_LINK);
  });

  return {
    /** The first picture: that of the link, where there is one. */
    async start(first) {
      const isLinked = partsOf(location.href).r;
      if (isLinked && (await takeLink(location.href))) return;
      if (isLinked) say(DAMAGED_LINK);
      host.restore(first);
    },
    /** The address follows the picture. */
    async write() {
      written += 1;
      const number = written;
      const made = await link();
      if (number === written) showInAddress(made);
    },
    async copy() {
      shelf.replaceChildren();
      const made = await link();
      if (made.tooLong) return put(made.tooLong, button('Save PNG', 'The picture with its recipe', host.save));
      try {
        await navigator.clipboard.writeText(made.link);
        say('The link was copied.');
      } catch {
        // Inside another site's frame, or without https, only the person may copy.
        const field = make('input', { type: 'text', readOnly: true, value: made.link, 'aria-label': 'The link' });
        put('The browser does not let the page copy. Copy the link here:', field);
        field.select();
      }
    },
  };
}

/** The file that a person chooses; null without one. */
function chosenFile(accept) {
  const input = make('input', { type: 'file', accept });
  return new Promise((done) => {
    input.addEventListener('change', () => done(input.files[0] ?? null));
    input.addEventListener('cancel', () => done(null));
    input.click();
  });
}

/** Let files be dropped anywhere on the page; `stage` shows where they would go. */
function watchForFiles(stage, open) {
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  const show = (isOver) => stage.classList.toggle('dropping', isOver);
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(true);
  });
  document.addEventListener('dragleave', (event) => event.relatedTarget || show(false));
  document.addEventListener('drop', (event) => {
    show(false);
    if (!hasFiles(event)) return;
    event.preventDefault(); // or the browser leaves the page for the file
    open(event.dataTransfer.files[0]);
  });
}
