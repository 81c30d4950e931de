// The panel of films: keyframes in order, how to go from one to the next, a preview, and the film.

const FILM_EMPTY = 'A film walks from picture to picture. Find one that you like, add it here, '
  + 'find another, add it too: two make a film.';
const MOST_RECENT = 8; // pictures of the history at once
const FILM_HINTS = { preview: 'Small and quick, to see how it moves', film: 'Every frame in full quality, as a file' };
const FILM_CHOICES = {
  easing: {
    label: 'Pace', title: 'How the film leaves and reaches a keyframe',
    options: [['smooth', 'smooth: slows down at each'], ['smoother', 'smoother: rests at each'], ['linear', 'even: never slows down']],
  },
  format: {
    label: 'Format', title: 'MP4 plays everywhere and is small; GIF has 256 colours and is large',
    options: [['mp4', 'MP4 video'], ['webp', 'animated WebP'], ['gif', 'GIF']],
  },
  size: {
    label: 'Size', title: 'Of the longer side; what is larger than the model draws is enlarged smoothly',
    options: [['0', 'as drawn'], ['256', '256 px'], ['512', '512 px'], ['768', '768 px'], ['1024', '1024 px']],
    usual: '512',
  },
  fps: {
    label: 'Frames a second', title: 'More move more smoothly, and take longer to draw',
    options: [['15', '15'], ['24', '24'], ['30', '30'], ['50', '50']], usual: '30',
  },
};

/**
 * @param host {recipe(), model(), image(), replace(recipe), lend(recipe), errands, say(text), titles()}
 */
function createFilm(host) {
  const keys = createReel(() => {
    lay();
    host.titles();
  });
  const fields = {};
  let element = null;
  let errand = null; // that is on its way

  for (const [name, { title, options, usual }] of Object.entries(FILM_CHOICES)) {
    fields[name] = make('select', { id: `film_${name}`, title },
      ...options.map(([value, text]) => make('option', { value, text })));
    fields[name].value = usual ?? options[0][0];
  }
  fields.seconds = make('input', { type: 'number', id: 'film_seconds', min: 0.1, max: 60, step: 0.1, value: 2, title: 'From one keyframe to the next' });
  fields.loop = make('input', { type: 'checkbox', id: 'film_loop', title: 'The last keyframe leads back to the first, without a seam' });
  const add = button('Add this picture', 'The picture on show becomes the last keyframe', () => film.add(host.recipe()));
  const recent = button('Add recent pictures', 'The last pictures of your history become keyframes', addRecent);
  const clear = button('Remove all', 'Forget the keyframes', () => keys.clear());
  const preview = button('Preview', '', () => run('preview'));
  const start = button('Make the film', '', () => run('film'));
  const sum = make('p', { className: 'sum', role: 'status' });
  const work = make('div', { className: 'errand' });
  const result = make('div', { className: 'result' });
  start.classList.add('primary');

  const count = () => keys.all().length;
  const seconds = () => Number(fields.seconds.value) || 0;
  /** Seconds of the whole film; 0 where there is none. */
  const length = () => (count() < 2 ? 0 : (count() - (fields.loop.checked ? 0 : 1)) * seconds());

  function summary() {
    if (!count()) return 'no keyframes';
    const number = `${count()} keyframe${count() === 1 ? '' : 's'}`;
    return length() ? `${number}, ${shorten(length())} s` : number;
  }

  function cell({ recipe, thumb }, place) {
    const name = `keyframe ${place + 1}, seed ${seedOf(recipe.a)}`;
    const picture = thumb ? make('img', { src: thumb, alt: '' }) : make('span', { className: 'blank' });
    const show = make('button', { type: 'button', className: 'show', title: `Show ${name}` },
      picture, make('span', { text: `seed ${seedOf(recipe.a)}` }));
    show.addEventListener('click', () => host.replace(recipe));
    const tool = (text, what, able, click) => {
      const made = button(text, `${what} ${name}`, () => click(made));
      made.setAttribute('aria-label', `${what} ${name}`);
      made.disabled = !able;
      return made;
    };
    const move = (by) => () => {
      keys.move(place, by);
      focus(place + by, by < 0 ? 0 : 1);
    };
    return make('li', {}, show, make('span', { className: 'order' },
      tool('‹', 'Move earlier:', place > 0, move(-1)),
      tool('›', 'Move later:', place < count() - 1, move(1)),
      tool('×', 'Remove', true, () => {
        keys.remove(place);
        focus(Math.min(place, count() - 1), 2);
      })));
  }

  /** The last different pictures of the model, oldest first. */
  function addRecent() {
    const own = host.steps().filter(({ recipe }) => recipe.model.hash === host.model().hash);
    for (const { recipe, thumb } of own.slice(-MOST_RECENT)) film.add(recipe, thumb);
  }

  /** Keep the keyboard where it was: the buttons are made anew. */
  function focus(place, tool) {
    const tools = element?.querySelectorAll('li')[place]?.querySelectorAll('.order button');
    const next = tools?.[tool]?.disabled ? tools[2] : tools?.[tool];
    (next ?? add).focus();
  }

  function lay() {
    if (!element) return;
    element.querySelector('.empty').hidden = count() > 0;
    element.querySelector('ol').replaceChildren(...keys.all().map(cell));
    offer();
  }

  /** What can be pressed now, and how long the film gets. */
  function offer() {
    clear.hidden = !count();
    preview.disabled = start.disabled = !length() || errand !== null;
    preview.title = length() ? FILM_HINTS.preview : 'Add two pictures first';
    start.title = length() ? FILM_HINTS.film : 'Add two pictures first';
    const frames = Math.round(length() * Number(fields.fps.value));
    sum.textContent = length() ? `${shorten(length())} s, ${frames} frames`
      : count() === 1 ? 'One more picture makes a film.' : '';
  }

  async function run(kind) {
    if (!fields.seconds.reportValidity()) return;
    errand = { stop() {} }; // nothing is pressed twice while directions are sent
    offer();
    await host.lend({ edits: keys.recipes().flatMap(({ edits }) => edits) });
    const title = kind === 'preview' ? 'Drawing the preview' : 'Making the film';
    errand = host.errands.run({
      kind, keys: keys.recipes(), seconds: seconds(), easing: fields.easing.value, loop: fields.loop.checked,
      format: fields.format.value, size: Number(fields.size.value), fps: Number(fields.fps.value),
    }, (reply) => bar.told(reply));
    const bar = createErrandBar(work, title, errand.stop);
    offer();
    const found = await errand.result;
    errand = null;
    bar.remove();
    offer();
    if (document.activeElement === document.body) (kind === 'preview' ? preview : start).focus({ preventScroll: true });
    if (found) show(found, kind);
  }

  /** Play what was made; an older film stays until then. */
  function show({ url, format, width, height, bytes }, kind) {
    const title = kind === 'preview' ? 'Preview of the film' : 'The film';
    const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
    const player = format === 'mp4'
      ? make('video', { src: url, controls: true, loop: true, muted: true, autoplay: true, playsInline: true, 'aria-label': title })
      : make('img', { src: url, alt: title });
    player.style.aspectRatio = `${width} / ${height}`;
    const name = `${host.model().name}-film.${format}`;
    const about = make('p', { className: 'about', text: kind === 'preview' ? 'Preview: small, 15 frames a second. '
      : `${width} × ${height}, ${size}. ` });
    if (kind === 'film') about.append(button(`Download ${format.toUpperCase()}`, name, async () => {
      if (!(await download(url, name))) host.say('The film is no longer on the server. Make it again.');
    }));
    result.dataset.kind = kind;
    result.replaceChildren(player, about);
  }

  const field = (name, label) => [make('label', { for: fields[name].id, text: label }), fields[name]];

  const film = {
    summary,
    /** Add a recipe as the last keyframe; `thumb` is the address of a small picture of it. */
    add(recipe, thumb = thumbnailOf(host.image(), 96)) {
      const [first] = keys.recipes();
      const { name, hash } = recipe.model.hash ? recipe.model : host.model();
      if (first && first.model.hash !== hash) {
        return host.say(`The keyframes are pictures of ${first.model.name}. Remove them first.`);
      }
      if (count() >= MOST_IN_FILM) return host.say(`A film has up to ${MOST_IN_FILM} keyframes. Remove one first.`);
      keys.add(overlay(recipe, { model: { name, hash } }), thumb);
    },
    mount(parent) {
      parent.replaceChildren(
        make('p', { className: 'empty', text: FILM_EMPTY }), make('ol', { className: 'keys', 'aria-label': 'Keyframes' }),
        make('div', { className: 'buttons' }, add, recent, clear),
        make('div', { className: 'fields' },
          ...field('seconds', 'Seconds a step'), ...field('easing', FILM_CHOICES.easing.label),
          ...field('loop', 'Seamless loop'), ...field('size', FILM_CHOICES.size.label),
          ...field('fps', FILM_CHOICES.fps.label), ...field('format', FILM_CHOICES.format.label)),
        sum, make('div', { className: 'buttons' }, preview, start), work, result);
      parent.addEventListener('input', () => {
        offer();
        host.titles();
      });
      element = parent;
      lay();
    },
  };
  return film;
}
