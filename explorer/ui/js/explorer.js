// The page's one state: the recipe, and everything that happens when it changes.
//
//   control --set--> recipe --pump--> draw() on the server --> picture
//   150 ms after the last change --> the queued event render --> full-quality picture
//
// Gradio's controls reach it through `window.explorer`; it reaches them by the events 'sync'
// (write all controls from the recipe) and 'titles' (write the panels' titles).

const REST_MS = 150;

function createExplorer() {
  const visitor = visitorOfTab();
  const rows = new Map(); // kind -> the rows of its panel, once it was opened
  let world = null; // {schema, model, live}: what this server can draw
  let trigger = null;
  let view = null;
  let pump = null;
  let study = null;
  let address = null;
  let recipe = null;
  let good = null; // the recipe of the picture on show
  let seq = 0;
  let restTimer = null;
  let saving = false;
  let resting = 0; // number of the request that the last 'rest' event sent
  let asking = null; // the request that the next 'study' event sends
  let opening = null; // the model that the next 'open' event asks for
  let usualMs = null; // that a picture of this model takes

  const context = () => ({ schema: world.schema, model: world.model });

  /** Draw the recipe as it is now, and once more in full quality when the hand rests. */
  function want() {
    seq += 1;
    view.moving();
    if (!isOpen(recipe.model)) return open(recipe.model);
    if (world.live) pump.push({ visitor, seq, recipe });
    clearTimeout(restTimer);
    restTimer = setTimeout(rest, REST_MS);
    rows.forEach((row) => row.sync());
  }

  function rest() {
    clearTimeout(restTimer);
    restTimer = null;
    trigger('titles');
    trigger('rest');
  }

  /** Take over a whole recipe: it is drawn as it is, then every control is written from it. */
  function replace(next) {
    recipe = structuredClone(next);
    trigger('sync');
    want();
  }

  function change(next) {
    if (isSame(next, recipe)) return;
    recipe = next;
    want();
  }

  /** The server has refused the recipe: say why, and go back to the picture on show. */
  function refuse(problem) {
    if (problem) view.say(problem);
    clearTimeout(restTimer);
    restTimer = null;
    const last = good ?? world.model.first_recipe;
    if (isSame(recipe, last)) trigger('sync');
    else replace(last);
  }

  async function show(url, number, details, of, isRest) {
    const isWanted = () => (isRest ? number === seq : number > Number(view.image.dataset.seq));
    const shown = isWanted() && (await view.show(url, { seq: number, details, isRest, isWanted }));
    if (!shown) return false;
    usualMs = usualMs === null ? details.ms : (usualMs + details.ms) / 2;
    good = of;
    return true;
  }

  async function answer(body, reply) {
    if (reply.problem) {
      if (body.seq === seq) refuse(reply.problem);
    } else if (reply.loading) {
      if (body.seq === seq) open(body.recipe.model);
    } else {
      await show(reply.image, body.seq, reply, body.recipe, false);
    }
  }

  /** Whether the page is set up for this model: its layers, its classes. */
  function isOpen({ name, hash }) {
    return hash ? hash === world.model.hash : !name || name === world.model.name;
  }

  /** Ask the server to load a model; it answers through `world.model`. */
  function open(model) {
    if (isSame(opening, model)) return;
    opening = model;
    sayOpening(model.name);
    trigger('open');
  }

  const sayOpening = (name) => view.say(`Opening ${name || 'the model'}…`, true);

  function firstRecipe() {
    const linked = address.read();
    if (linked === null) view.say('The link is damaged: it holds no recipe. Copy it again.');
    return linked ?? world.model.first_recipe;
  }

  /** The server was lost, or is back. Gradio will reload the page: the address keeps the recipe. */
  function silent(isBack) {
    address.write(recipe);
    view.say(isBack ? '' : 'The server does not answer; trying again. Nothing is lost.', true);
  }

  /** Through a blob: the server names the file after its recipe's hash. */
  async function download(url, name) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await (await fetch(url)).blob());
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  const explorer = {
    visitor,
    transfers: null, // once the live view is there

    mountLive({ element, props: given, trigger: fire, server, watch }) {
      // A copy: writing to a component's props would draw its template anew.
      world = { schema: given.schema, model: given.model, live: given.live };
      trigger = fire;
      address = createAddress(world.schema);
      view = createView(element, { name: () => world.model.name });
      pump = createPump({
        ask: (body) => server.draw(body),
        answer,
        silent,
      });
      const host = { visitor, trigger, say: (text) => view.say(text), opening: sayOpening };
      explorer.transfers = createTransfers(element.querySelector('.transfers'), host);
      createWalk(view.stage, {
        where: () => recipe.a,
        walk: (a) => {
          change(overlay(recipe, { a, t: 0 }));
          trigger('dragged');
        },
      });
      element.querySelector('.true-size').addEventListener('click', (event) => {
        const isTrue = view.stage.classList.toggle('true-pixels');
        event.currentTarget.setAttribute('aria-pressed', String(isTrue));
      });
      watch('value', () => explorer.received(given.value));
      recipe = structuredClone(firstRecipe());
      trigger('sync');
      want();
    },

    mountRows(kind, element) {
      const layers = () => (kind === 'mix' ? world.model.layers : world.model.noisy);
      const control = {
        limits: (id) => fieldOf(id).limits(context()),
        get: (id) => fieldOf(id).get(recipe, context()),
        set: (id, value) => {
          explorer.set(id, value);
          trigger('layered');
        },
      };
      const fill = () => {
        const numbered = layers().map((layer, index) => ({ ...layer, index }));
        rows.set(kind, { fill, ...createRows(element, kind, numbered, control) });
        rows.get(kind).sync();
      };
      fill();
    },

    mountStudy({ element, props: given, watch }) {
      study = createStudy(element, {
        recipe: () => recipe,
        context,
        milliseconds: () => usualMs ?? 0,
        say: (text) => view.say(text),
        stop: () => trigger('stop'),
        pick: (changes, seedField) => {
          const isWhole = !seedField || seedField === 'seed_a';
          replace(isWhole ? overlay(recipe, changes)
            : fieldOf(seedField).set(recipe, seedOf(changes.a), context()));
        },
        ask: (request) => {
          asking = request;
          trigger('study');
        },
      });
      watch('value', () => study.arrived(given.value));
    },

    /** A control was moved by a person. */
    set(id, value) {
      const field = fieldOf(id);
      if (value === null || value === undefined || Number.isNaN(value)) return;
      const wrong = complaint(field, value, context());
      if (wrong) return view.say(wrong);
      view.hush();
      change(field.set(recipe, value, context()));
    },

    /** A control was let go: it shows what the recipe says, and the picture comes to rest. */
    release(id, value) {
      if (isTypedInto(id)) return;
      if (value !== fieldOf(id).get(recipe, context())) trigger('sync');
      if (restTimer) rest();
    },

    /** Back to the model's own default. */
    reset(id) {
      const field = fieldOf(id);
      const usual = field.get(world.model.first_recipe, context());
      change(field.set(recipe, usual, context()));
      trigger('sync');
    },

    resetAll: () => replace(world.model.first_recipe),

    dice(id) {
      const [seed] = crypto.getRandomValues(new Uint32Array(1));
      replace(overlay(fieldOf(id).set(recipe, seed, context()), id === 'seed_a' ? { t: 0 } : {}));
    },

    values: (ids) => ids.map((id) => fieldOf(id).get(recipe, context())),
    titles: (names) =>
      names.map((name) => ({ __type__: 'update', label: TITLES[name](recipe, context()) })),
    resting: () => [recipe, (resting = seq), visitor],
    studying: () => [{ ...asking, visitor }],
    opening: () => [opening, visitor],
    choosing(choice, name) {
      sayOpening(name);
      return [choice, visitor];
    },
    say: (text) => view.say(text),
    panel: (name) => study?.panel(name),
    studyFailed: () => study?.failed(),

    /** The queued event has drawn the full-quality picture. */
    async final(file, details) {
      if (!file || !details || details.ticket !== seq) return;
      const of = structuredClone(recipe);
      const tryToShow = () => show(file.url, details.ticket, details, of, true);
      if (!((await tryToShow()) || (await tryToShow()))) return; // a transfer may break once
      address.write(of);
      study?.refresh();
      if (saving) explorer.save();
    },

    /** The queued event has failed; Gradio forgets what waited behind it. */
    failed() {
      if (resting !== seq) return rest();
      saving = false;
      if (Number(view.image.dataset.seq) !== seq && good) refuse('');
    },

    save() {
      saving = view.image.dataset.rest !== '1';
      if (saving) return rest();
      const { psi } = recipe;
      download(view.image.src, `${world.model.name}-seed${seedOf(recipe.a)}-psi${psi.toFixed(2)}.png`);
    },

    /** Python wrote to the live view: a problem, or another model with its first recipe. */
    received(value) {
      if (!value) return;
      if (value.transfer) explorer.transfers.told(value.transfer);
      if (value.problem) {
        opening = null;
        if (isOpen(recipe.model)) view.say(value.problem); // only the other model was refused
        else refuse(value.problem);
      } else if (value.model) {
        world.model = value.model;
        opening = usualMs = null;
        view.say('');
        const model = { name: value.model.name, hash: value.model.hash };
        rows.forEach((row) => row.fill());
        replace(isOpen(recipe.model) ? overlay(recipe, { model }) : value.model.first_recipe);
      }
    },
  };
  return explorer;
}

document.addEventListener('dblclick', (event) => {
  if (!event.target.matches?.('input[type=range]')) return;
  const holder = event.target.closest('[id]:not(input)');
  if (holder && fieldOf(holder.id)) window.explorer.reset(holder.id);
});

window.explorer = createExplorer();
