// The page's one state: the recipe, and everything that happens when it changes.
//
//   control --set--> recipe --pump--> draw() on the server --> picture
//   150 ms after the last change --> the queued event render --> full-quality picture
//
// Gradio's controls reach it through `window.explorer`; it reaches them by the events 'sync'
// (write all controls from the recipe) and 'titles' (write the panels' titles).

function createExplorer() {
  const visitor = visitorOfTab();
  let world = null; // {schema, model, live, server}: what this server can draw
  let trigger = null;
  let view = null;
  let pump = null;
  let directions = null;
  let sharing = null;
  let recipe = null;
  let good = null; // the recipe of the picture on show
  let seq = 0;
  let isLending = false;
  let usualMs = null; // that a full picture of this model takes

  const context = () => ({
    schema: world.schema, model: world.model, presets: keeping.presets, film: below.film(),
  });

  /** Draw the recipe as it is now, and once more in full quality when the hand rests. */
  function want() {
    seq += 1;
    view.moving();
    if (!opening.isOpen(recipe.model)) return opening.open(recipe.model);
    if (world.live) pump.push({ visitor, seq, recipe });
    rest.soon();
    layers.sync();
  }

  /** Take over a whole recipe: it is drawn as it is, then every control is written from it. */
  function replace(next) {
    keeping.changed();
    recipe = structuredClone(next);
    directions.follow(recipe);
    trigger('sync');
    want();
  }

  function change(next) {
    if (isSame(next, recipe)) return;
    keeping.changed();
    recipe = next;
    want();
  }

  /** The server has refused the recipe: say why, and go back to the picture on show. */
  function refuse(problem) {
    if (problem) view.say(problem);
    rest.cancel();
    keeping.refused();
    const last = good ?? world.model.first_recipe;
    if (isSame(recipe, last)) trigger('sync');
    else replace(last);
  }

  async function show(url, number, details, of, isRest) {
    const isWanted = () => (isRest ? number === seq : number > Number(view.image.dataset.seq));
    const shown = isWanted() && (await view.show(url, { seq: number, details, isRest, isWanted }));
    if (!shown) return false;
    if (details.full) usualMs = usualMs === null ? details.ms : (usualMs + details.ms) / 2;
    good = of;
    return true;
  }

  async function answer(body, reply) {
    if (reply.problem) {
      if (body.seq === seq) refuse(reply.problem);
    } else if (reply.loading) {
      if (body.seq === seq) opening.open(body.recipe.model);
    } else if (reply.need) {
      await lendLive(reply.need, body.seq);
    } else {
      await show(reply.image, body.seq, reply, body.recipe, false);
    }
  }

  /** The same for the live view, whose recipe moves on meanwhile: what is asked again is the newest. */
  async function lendLive(keys, number) {
    if (isLending) return;
    isLending = true;
    await lend(keys, () => pump.push({ visitor, seq, recipe }), number).finally(() => (isLending = false));
  }

  /** Send the vectors that the server does not have, and then ask `again`. */
  async function lend(keys, again, number = seq) {
    if (await directions.bring(keys)) return again();
    if (number === seq) refuse('This picture uses a direction that is neither here nor in the link. Import it first.');
  }

  /** The server was lost, or is back. */
  function silent(isBack) {
    view.say(isBack ? '' : 'The server does not answer; trying again. Nothing is lost.', true);
    if (isBack) rest.resume();
    else rest.lose();
  }

  const rest = createRest({
    seq: () => seq,
    isAtRest: () => view.image.dataset.rest === '1',
    keep: () => sharing.write(),
    trigger: (event) => trigger(event),
  });
  const listening = createListening(() => rest.isLost() || trigger('reopen'));
  const layers = createLayerPanels({
    layers: (kind) => (kind === 'mix' ? world.model.layers : world.model.noisy),
    limits: (id) => fieldOf(id).limits(context()),
    get: (id) => fieldOf(id).get(recipe, context()),
    set(id, value) {
      explorer.set(id, value);
      trigger('layered');
    },
  });
  const opening = createOpening({
    model: () => world.model,
    trigger: (event) => trigger(event),
    say: (text, stays) => view.say(text, stays),
  });
  const below = createBelow({
    recipe: () => recipe,
    context,
    visitor,
    directions: () => directions,
    milliseconds: () => usualMs ?? 0,
    say: (text) => view.say(text),
    trigger: (event) => trigger(event),
    stop: (kind, ticket) => world.server.stop({ visitor, kind, ticket }),
    replace,
    image: () => view.image,
    steps: () => keeping.steps(),
  });
  const saver = createSaver({
    image: () => view.image,
    recipe: () => recipe,
    model: () => world.model,
    rest: rest.now,
  });
  const controls = createControls({
    recipe: () => recipe,
    context,
    usual: () => world.model.first_recipe,
    change,
    replace,
    settle: rest.hurry,
    trigger: (event) => trigger(event),
    say: (text) => view.say(text),
    hush: () => view.hush(),
  });
  const keeping = createKeeping({
    visitor,
    recipe: () => recipe,
    context,
    view: () => view,
    isHere: (model) => opening.isOpen(model),
    isLive: () => world.live,
    replace,
    play(next) {
      recipe = next;
      want();
    },
    rest: rest.now,
    trigger: (event) => trigger(event),
    directions: () => directions,
    server: () => world.server,
  });

  const explorer = {
    visitor,
    transfers: null, // once the live view is there

    mountLive({ element, props: given, trigger: fire, server, watch }) {
      // A copy: writing to a component's props would draw its template anew.
      world = { schema: given.schema, model: given.model, live: given.live, server };
      trigger = fire;
      directions = createDirections({
        recipe: () => recipe,
        change,
        context,
        server,
        visitor,
        say: (text) => view.say(text),
        lab: below.lab,
        changed: () => good && below.refresh(),
      });
      view = createView(element, { model: () => world.model });
      pump = createPump({
        ask: (body) => server.draw(body),
        ping: () => server.ping({}),
        answer,
        silent,
      });
      const host = { visitor, trigger, say: (text) => view.say(text), opening: opening.say };
      explorer.transfers = createTransfers(element.querySelector('.transfers'), host);
      createWalk(view.stage, {
        where: () => recipe.a,
        walk: (a) => {
          change(overlay(recipe, { a, t: 0 }));
          trigger('dragged');
        },
      });
      watch('value', () => explorer.received(given.value));
      keeping.open();
      recipe = structuredClone(world.model.first_recipe);
      directions.open(world.model);
      if (world.model.note) view.say(world.model.note);
      sharing = createSharing(element, {
        defaults: defaultsOf(world.schema),
        recipe: () => recipe,
        model: () => world.model,
        own: directions.own,
        adopt: directions.adopt,
        bring: server.bring,
        restore: replace,
        say: (text) => view.say(text),
        save: saver.save,
      });
      sharing.start(recipe);
    },

    mountDirections: (element) => directions.mount(element),

    mountRows: (kind, element) => layers.mount(kind, element),

    resting: () => [recipe, rest.ask(), visitor, directions.told(recipe)],
    opening: () => [opening.asked(), visitor],
    choosing(choice, name) {
      opening.say(name);
      return [choice, visitor];
    },
    say: (text) => view.say(text),
    ...listening,
    ...controls,
    ...below.events,
    ...keeping.events,

    /** The queued event has drawn the full-quality picture. */
    async final(file, details) {
      if (!details || details.ticket !== seq) return;
      if (details.need) return lend(details.need, rest.now);
      if (!file) return;
      const of = structuredClone(recipe);
      const tryToShow = () => show(file.url, details.ticket, details, of, true);
      if (!((await tryToShow()) || (await tryToShow()))) return; // a transfer may break once
      sharing.write();
      below.refresh();
      directions.refresh();
      keeping.rested();
      saver.rested();
    },

    /** The queued event has failed; Gradio forgets what waited behind it. */
    failed() {
      if (!rest.isAsked()) return rest.now();
      saver.failed();
      keeping.failed();
      if (Number(view.image.dataset.seq) !== seq && good) refuse('');
    },

    save() {
      keeping.changed();
      saver.save();
    },
    copy: () => sharing.copy(),

    /** Python wrote to the live view: a problem, or another model with its first recipe. */
    received(value) {
      if (!value) return;
      if (value.transfer) explorer.transfers.told(value.transfer);
      if (value.problem) {
        opening.end();
        if (opening.isOpen(recipe.model)) view.say(value.problem); // only the other model was refused
        else refuse(opening.waitFor(recipe, value.problem));
      } else if (value.model) {
        const isAnother = value.model.hash !== world.model.hash;
        world.model = value.model;
        opening.end();
        usualMs = null;
        view.say(world.model.note);
        const model = { name: value.model.name, hash: value.model.hash };
        layers.fill();
        if (isAnother) {
          directions.open(world.model);
          below.reset();
        }
        const asked = opening.awaited() ?? recipe;
        replace(opening.isOpen(asked.model) ? overlay(asked, { model }) : value.model.first_recipe);
      }
    },
  };
  return explorer;
}

window.explorer = createExplorer();
