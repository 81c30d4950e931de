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
  let add = null;
  let finder = null;
  let undo = null; // the button that brings back what was deleted last
  let asked = 0;

  const model = () => host.context().model;
  const layersFor = (key) =>
    editOf(host.recipe(), key)?.layers ?? chosenLayers.get(key) ?? library.get(key)?.layers ?? [];

  function set(key, shift) {
    const next = stepped(host.recipe(), key, shift, layersFor(key));
    if (next.edits.length > MOST_EDITS) {
      sync(); // the slider goes back to where the recipe is
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

  /** Let the slider `other` stand in the place of `key`. */
  function replace(key, other) {
    const place = held.indexOf(key);
    if (held.includes(other)) held.splice(place, 1);
    else held[place] = other;
    lay();
  }

  async function invert(key) {
    const shift = shiftOf(host.recipe(), key);
    const layers = layersFor(key);
    const other = await inverted(library.get(key), host.server.bring);
    if (!other) return host.say('The direction could not be inverted. Try again.');
    library.add([other]);
    const together = shiftOf(host.recipe(), other.key) - shift; // it may be on the panel already
    if (shift) host.change(stepped(stepped(host.recipe(), key, 0, []), other.key, together, layers));
    replace(key, other.key);
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

  /** Own directions; those of the model's folder where there are no others. */
  function ownOrAll() {
    const own = library.all().filter(({ isShipped }) => !isShipped);
    return own.length ? own : library.all();
  }

  /** The directions that a recipe uses and that are not in the model's folder. */
  const ownIn = (recipe) => recipe.edits.map(({ direction }) => library.get(direction))
    .filter((one) => one && !one.isShipped);

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
      count: model().layers.length,
      range: () => (layersFor(key).length ? [layersFor(key)[0], layersFor(key).at(-1)] : [0, model().layers.length - 1]),
      set: (shift) => set(key, shift),
      setLayers: (choice) => setLayers(key, choice),
      rename(name) {
        library.rename(key, name);
        sliders.get(key).rename(library.get(key).name);
        offer();
      },
      invert: () => invert(key),
      remove: () => remove(key),
      forget() {
        const gone = library.get(key);
        remove(key);
        library.remove(key);
        undo.hidden = gone.isShipped === true;
        undo.textContent = `Bring back ${gone.name}`;
        undo.onclick = () => take([gone]);
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
    element.querySelector('.empty').hidden = shown.length > 0;
    offer();
    sync();
    stand();
    host.changed();
  }

  /** Offer what is in the library and not on the panel. */
  function offer() {
    const rest = library.all().filter(({ key }) => !sliders.has(key));
    picker.replaceChildren(
      make('option', { value: '', text: `${rest.length} in the library` }),
      ...rest.map(({ key, name }) => make('option', { value: key, text: name })));
    picker.disabled = add.disabled = !rest.length;
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
    const directions = keys.map((key) => ({
      direction: key, layers: layersFor(key), gauge: library.get(key).gauge ?? null,
    }));
    const reply = await host.server.where({ visitor: host.visitor, recipe, directions });
    if (number !== asked || !reply) return;
    if (reply.need) return (await bring(reply.need)) && stand();
    for (const [key, at] of Object.entries(reply.places ?? {})) {
      sliders.get(key)?.stand(at, shiftOf(recipe, key), reply.slopes[key]);
    }
  }

  /** Send the vectors that the server asks for; whether all of them were known here. */
  async function bring(keys) {
    const known = keys.map(library.get);
    if (known.some((one) => !one?.data)) return false;
    for (const one of known) {
      const reply = await host.server.bring(one);
      if (reply?.key !== one.key) return false; // asked again, it would be refused again
    }
    return true;
  }

  /** New directions from the server; `replaces` is the slider whose place the first takes. */
  function take(found, { replaces, shows = true } = {}) {
    if (!library.add(found)) host.say('This tab has no room to keep the directions: export them.');
    if (undo) undo.hidden = true; // the panel may not have been opened yet
    if (shows) openPanel('directions');
    if (replaces && held.includes(replaces)) return exchange(replaces, found[0]);
    if (shows) for (const { key } of found) if (!held.includes(key)) held.push(key);
    lay();
  }

  /** The slider of a new direction takes the place and the shift of an older one. */
  function exchange(key, direction) {
    const [shift, layers] = [shiftOf(host.recipe(), key), layersFor(key)];
    const without = stepped(host.recipe(), key, 0, []);
    if (shift) host.change(stepped(without, direction.key, shift, layers));
    replace(key, direction.key);
  }

  return {
    bring,
    library,
    mount(parent) {
      picker = make('select', { 'aria-label': 'Directions in the library' });
      add = button('Add', 'A slider for the chosen direction', () => picker.value && hold(picker.value));
      undo = button('', 'Undo the deletion', null);
      undo.hidden = true;
      finder = createFinder({
        find,
        save: () => save(ownOrAll(), 'library'),
        bring: importFile,
        has: (group) => layersOf(model(), group).length > 0,
      });
      parent.replaceChildren(
        make('p', { className: 'empty', text: 'A direction is a slider for one attribute. Add one from the library, find some without labels, or label pictures below the picture and make your own.' }),
        make('div', { className: 'stack' }), make('div', { className: 'add' }, picker, add), undo,
        finder.element);
      element = parent;
      lay();
    },
    /** Another model is open. */
    open({ hash, directions }) {
      library.open(hash, directions);
      held.splice(0);
      chosenLayers.clear();
      finder?.offerGroups();
      lay();
    },
    /** The recipe was replaced: sliders appear for all its edits. */
    follow(recipe) {
      const fresh = recipe.edits.map(({ direction }) => direction).filter((key) => !held.includes(key));
      held.push(...fresh);
      if (fresh.length) lay();
      else sync();
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
    own: ownIn,
    /** What the server is told of own directions, which has their vectors. */
    told: (recipe) => ownIn(recipe).map(({ data, space, shape, ...rest }) => rest),
    /** Keep directions that came with a picture of the model `hash`. */
    adopt(found, hash) {
      const fresh = found.filter(({ key }) => !library.get(key)); // a link tells less than the tab knows
      if (!library.add(fresh, hash)) host.say('This tab has no room to keep the directions: export them.');
    },
    /** Send the vectors that a recipe and `rows` need and that are not in the model's folder. */
    lendFor: (recipe, rows = []) => bring([...recipe.edits, ...rows.map(({ edit }) => edit)]
      .map(({ direction }) => direction)
      .filter((key, index, all) => all.indexOf(key) === index && library.get(key) && !library.get(key).isShipped)),
    held: () => held.map(library.get).filter(Boolean),
  };
}
