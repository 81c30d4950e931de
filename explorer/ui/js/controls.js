// What Gradio's controls call: each reads and writes its own field of the recipe.

/**
 * @param host {recipe(), context(), usual(): the model's first recipe, change(recipe),
 *              replace(recipe), settle(), trigger(event), say(text), hush()}
 */
function createControls(host) {
  const { recipe, context } = host;
  const read = (id) => fieldOf(id).get(recipe(), context());

  return {
    /** A control was moved by a person. */
    set(id, value) {
      const field = fieldOf(id);
      if (value === null || value === undefined || Number.isNaN(value)) return;
      const wrong = complaint(field, value, context());
      if (wrong) return host.say(wrong);
      host.hush();
      host.change(field.set(recipe(), value, context()));
    },

    /** A control was let go: it shows what the recipe says, and the picture comes to rest. */
    release(id, value) {
      if (isTypedInto(id)) return;
      if (value !== read(id)) host.trigger('sync');
      host.settle();
    },

    /** Back to the model's own default. */
    reset(id) {
      const field = fieldOf(id);
      host.change(field.set(recipe(), field.get(host.usual(), context()), context()));
      host.trigger('sync');
    },

    resetAll: () => host.replace(host.usual()),

    dice(id) {
      const [seed] = crypto.getRandomValues(new Uint32Array(1));
      const rolled = fieldOf(id).set(recipe(), seed, context());
      host.replace(overlay(rolled, id === 'seed_a' ? { t: 0 } : {}));
    },

    values: (ids) => ids.map(read),
    titles: (names) =>
      names.map((name) => ({ __type__: 'update', label: TITLES[name](recipe(), context()) })),
  };
}
