// Which model the page is set up for, and which one the server was asked to open.

/**
 * @param host {model(), trigger(event), say(text, stays)}
 */
function createOpening(host) {
  let asked = null; // the model that the next 'open' event asks for
  let waiting = null; // the recipe whose model is not here

  const opening = {
    /** Whether the page is set up for this model: its layers, its classes. */
    isOpen({ name, hash }) {
      const model = host.model();
      return hash ? hash === model.hash : !name || name === model.name;
    },
    /** Ask the server to load a model; it answers through the live view's value. */
    open(model) {
      if (isSame(asked, model)) return;
      asked = model;
      opening.say(model.name);
      host.trigger('open');
    },
    say: (name) => host.say(`Opening ${name || 'the model'}…`, true),
    asked: () => asked,
    /** The model of a recipe is not here: keep the recipe for when it is; what to say. */
    waitFor(recipe, problem) {
      if (!recipe.model.hash) return problem;
      waiting = structuredClone(recipe);
      return `${problem} The picture appears once its model is open.`;
    },
    /** The recipe that waited for the model that is open now, or null. */
    awaited() {
      if (!waiting?.model.hash || !opening.isOpen(waiting.model)) return null;
      const found = waiting;
      waiting = null;
      return found;
    },
    /** The server has answered. */
    end: () => (asked = null),
  };
  return opening;
}
