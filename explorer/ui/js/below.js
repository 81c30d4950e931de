// What stands below the picture: the strips and tables to pick from, and the lab; and the films.

/**
 * @param host {recipe(), context(), visitor, directions(), milliseconds(), say(text),
 *              trigger(event), stop(kind, ticket), replace(recipe), image(), steps()}
 */
function createBelow(host) {
  const { recipe, context, visitor } = host;
  let study = null;
  let lab = null;
  let asking = null; // the request that the next 'study' event sends
  const errands = createErrands({
    visitor,
    trigger: () => host.trigger('film'),
    stop: host.stop,
    say: host.say,
  });
  const film = createFilm({
    recipe,
    model: () => context().model,
    image: host.image,
    steps: host.steps,
    replace: host.replace,
    lend: (one) => host.directions().lendFor(one),
    errands,
    say: host.say,
    titles: () => host.trigger('titles'),
  });

  function pick(changes, seedField) {
    const isWhole = !seedField || seedField === 'seed_a';
    host.replace(isWhole ? overlay(recipe(), changes)
      : fieldOf(seedField).set(recipe(), seedOf(changes.a), context()));
  }

  return {
    lab: () => lab,
    film: film.summary,
    /** The picture has come to rest. */
    refresh() {
      study?.refresh();
      lab?.refresh();
    },
    /** Another model is open. */
    reset: () => lab?.reset(),
    /** What Gradio's components and events call. */
    events: {
      mountStudy({ element, props: given, watch }) {
        study = createStudy(element, {
          recipe,
          context,
          pick,
          milliseconds: host.milliseconds,
          say: host.say,
          stop: (ticket) => host.stop('study', ticket),
          directions: () => host.directions().rows(),
          lab: (pane) => lab?.open(pane),
          errands,
          told: (one) => host.directions().told(one),
          async ask(request) {
            await host.directions().lendFor(recipe(), request.directions);
            asking = request;
            host.trigger('study');
          },
        });
        watch('value', () => study.arrived(given.value));
      },
      mountLab({ element, props: given, watch }) {
        lab = createLab(element, {
          recipe,
          context,
          visitor,
          directions: host.directions(),
          trigger: () => host.trigger('lab'),
          say: host.say,
          stop: (ticket) => host.stop('lab', ticket),
        });
        lab.open(null);
        watch('value', () => lab.arrived(given.value));
      },
      mountFilm: (element) => film.mount(element),
      mountErrands({ props: given, watch }) {
        watch('value', () => errands.arrived(given.value));
      },
      film: { add: film.add },
      panel: (name) => study?.panel(name),
      studying: () => [{ ...asking, visitor }],
      studyFailed: () => study?.failed(),
      labbing: () => lab.next(),
      labFailed: () => lab.failed(),
      filming: () => errands.next(),
      filmFailed: () => errands.failed(),
    },
  };
}
