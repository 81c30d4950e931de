// The panel of directions: a stack of sliders out of the library, and where the picture stands.

/**
 * @param host {recipe(), change(recipe), context(), server, visitor, say(text), lab(),
 *              changed()}
 */
function createDirections(host) {
  const library = createLibrary();
  const held = []; // keys of the sliders on the panel
  const chosenLayers = new Map(); // key -> layers, of sliders that stand at 0
  let sliders = new Map();
  let element = null;
  let picker = null;
  let asked = 0;

  const model = () => host.context().model;
  const layersFor = (key) =>
    editOf(host.recipe(), key)?.layers ?? chosenLayers.get(key) ?? library.get(key)?.layers ?? [];

  function set(key, shift) {
    const next = stepped(host.recipe(), key, shift, layersFor(key));
    if (next.edits.length > MOST_EDITS) {
      return host.say(`At most ${MOST_EDITS} directions move a picture at once. Reset one first.`);
    }
    chosenLayers.set(key, layersFor(key));
    host.change(next);
    sync();
  }

  function setLayers(key, choice) {
    const layers = layersOfChoice(model(), choice);
    chosenLayers.set(key, layers);
    const shift = shiftOf(host.recipe(), key);
    if (shift) host.change(stepped(host.recipe(), key, shift, layers));
    stand();
  }

  /** Put a slider on the panel. */
  function hold(key) {
    if (!held.includes(key)) held.push(key);
    lay();
  }

  function remove(key) {
    if (shiftOf(host.recipe(), key)) host.change(stepped(host.recipe(), key, 0, []));
    held.splice(held.indexOf(key), 1);
    lay();
  }

  async function invert(key) {
    const shift = shiftOf(host.recipe(), key);
    const layers = layersFor(key);
    const other = await inverted(library.get(key), host.server.bring);
    library.add(other);
    held[held.indexOf(key)] = other.key;
    if (shift) host.change(stepped(stepped(host.recipe(), key, 0, []), other.key, -shift, layers));
    lay();
  }

  /** Take out of `key` what it shares with the locked directions. */
  function free(key) {
    const others = [...sliders].filter(([one, { isLocked }]) => isLocked && one !== key);
    if (!others.length) return host.say('Lock the directions first that are to stay still.');
    const [direction, ...against] = [key, ...others.map(([one]) => one)].map(library.get);
    return find({ kind: 'orthogonalise', direction, against }, { replaces: key });
  }

  /** Ask the lab for directions, and take what it finds. */
  async function find(request, options) {
    const found = await host.lab().run(request);
    if (found) take(found.directions, options);
  }

  async function importFile() {
    const found = await host.lab().runWithFile({ kind: 'import' }, '.npy,.npz,.safetensors');
    if (!found) return;
    take(found.directions, { shows: found.directions.length <= 3 });
    host.say(found.note || `${found.directions.length} direction(s) were added to the library.`);
  }

  const save = (directions, format) => saveDirections(host.lab(), directions, format);

  function sliderOf(key) {
    const choices = [['all', 'all layers']];
    for (const group of GROUP_NAMES) {
      const found = layersOf(model(), group);
      if (found.length) choices.push([group, `${group} (${found[0]} to ${found.at(-1)})`]);
    }
    return createSlider(library.get(key), {
      limits: limitsAt(host.context().schema, 'edits.[].shift'),
      choices,
      shift: () => shiftOf(host.recipe(), key),
      layers: () => choiceOfLayers(model(), layersFor(key)),
      set: (shift) => set(key, shift),
      setLayers: (choice) => setLayers(key, choice),
      rename(name) {
        library.rename(key, name);
        lay();
      },
      invert: () => invert(key),
      remove: () => remove(key),
      forget() {
        remove(key);
        library.remove(key);
        lay();
      },
      lock: stand,
      unlock: stand,
      free: () => free(key),
      download: () => save([library.get(key)], 'npy'),
    });
  }

  /** Lay the whole panel out anew. */
  function lay() {
    if (!element) return;
    const locked = [...sliders].filter(([, { isLocked }]) => isLocked).map(([key]) => key);
    const open = [...element.querySelectorAll('details[open]')].map((more) => more.closest('.direction').id);
    const shown = held.filter((key) => library.get(key));
    sliders = new Map(shown.map((key) => [key, sliderOf(key)]));
    for (const key of locked) sliders.get(key)?.lock(true);
    element.querySelector('.stack').replaceChildren(...[...sliders.values()].map(({ row }) => row));
    for (const id of open) element.querySelector(`#${id} details`)?.setAttribute('open', '');
    const rest = library.all().filter(({ key }) => !shown.includes(key));
    picker.replaceChildren(
      make('option', { value: '', text: `Add a direction (${rest.length} in the library)` }),
      ...rest.map(({ key, name }) => make('option', { value: key, text: name })));
    picker.disabled = !rest.length;
    element.querySelector('.empty').hidden = shown.length > 0;
    sync();
    stand();
    host.changed();
  }

  function sync() {
    for (const slider of sliders.values()) slider.sync();
  }

  /** Ask where the picture stands along the sliders' directions, and show it. */
  async function stand() {
    const keys = [...sliders.keys()];
    if (!keys.length) return;
    asked += 1;
    const [number, recipe] = [asked, structuredClone(host.recipe())];
    const directions = keys.map((key) => ({ direction: key, layers: layersFor(key) }));
    const reply = await host.server.where({ visitor: host.visitor, recipe, directions });
    if (number !== asked || !reply) return;
    if (reply.need) return (await bring(reply.need)) && stand();
    for (const [key, at] of Object.entries(reply.places ?? {})) {
      sliders.get(key)?.stand(at, shiftOf(recipe, key));
    }
  }

  /** Send the vectors that the server asks for; whether all of them were known here. */
  async function bring(keys) {
    const known = keys.map(library.get);
    if (known.some((one) => !one?.data)) return false;
    for (const one of known) await host.server.bring(one);
    return true;
  }

  /** New directions from the server; `replaces` is the slider whose place the first takes. */
  function take(found, { replaces, shows = true } = {}) {
    for (const one of found) {
      if (!library.add(one)) host.say('This tab has no room to keep the direction: export it.');
    }
    if (replaces && held.includes(replaces)) remove(replaces);
    if (shows) openPanel('directions');
    if (shows) for (const { key } of found) if (!held.includes(key)) held.push(key);
    lay();
  }

  return {
    bring,
    library,
    mount(parent) {
      picker = make('select', { 'aria-label': 'Add a direction' });
      picker.addEventListener('change', () => picker.value && hold(picker.value));
      parent.replaceChildren(
        make('p', { className: 'empty', text: 'A direction is a slider for one attribute. Add one from the library, find some without labels, or label pictures below the picture and make your own.' }),
        make('div', { className: 'stack' }), make('div', { className: 'add' }, picker),
        createFinder({ find, save: () => save(library.all(), 'library'), bring: importFile, has: (group) => layersOf(model(), group).length > 0 }));
      element = parent;
      lay();
    },
    /** Another model is open. */
    open({ hash, directions }) {
      library.open(hash, directions);
      held.splice(0);
      chosenLayers.clear();
      lay();
    },
    /** The recipe was replaced: sliders appear for all its edits. */
    follow(recipe) {
      for (const { direction } of recipe.edits) if (!held.includes(direction)) held.push(direction);
      lay();
    },
    /** The picture has come to rest. */
    refresh: stand,
    take,
    /** The sliders, for strips along them: [{name, edit}], as many as move a picture at once. */
    rows: () =>
      held.map(library.get).filter(Boolean).slice(0, MOST_EDITS).map(({ key, name }) => ({
        name,
        edit: { direction: key, shift: 0, layers: layersFor(key) },
      })),
    /** Send the vectors of `rows` that are not in the model's folder. */
    lend: (rows) => bring(rows.map(({ edit }) => edit.direction).filter((key) => !library.get(key)?.isShipped)),
    held: () => held.map(library.get).filter(Boolean),
  };
}
