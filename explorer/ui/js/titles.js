// The titles of the panels: closed, each says its state, so that the whole recipe can be read.

const shorten = (value) => String(Math.round(value * 100) / 100);
const allEqual = (values) => values.every((value) => value === values[0]);

/** "0.5", or "mixed" where the layers behind one slider differ. */
function summary(field, recipe, context) {
  const values = field.values(recipe, context);
  return allEqual(values) ? shorten(values[0] ?? 0) : 'mixed';
}

const TITLES = {
  latent: (recipe) => {
    const [a, b] = [seedOf(recipe.a), seedOf(recipe.b)];
    const walk = recipe.t > 0 ? `seed ${a} to ${b}, t ${shorten(recipe.t)}` : `seed ${a}`;
    return `Latent · ${walk}${recipe.clip === null ? '' : `, clipped at ${shorten(recipe.clip)}`}`;
  },
  class: (recipe, { model }) => {
    if (typeof recipe.label !== 'number') return recipe.label ? 'Class · several' : 'Class';
    return `Class · ${model.classes[recipe.label] ?? recipe.label}`;
  },
  truncation: (recipe) =>
    `Truncation · psi ${recipe.psi.toFixed(2)}` +
    (recipe.cutoff === null ? '' : `, first ${recipe.cutoff} layers`),
  mixing: (recipe, context) => {
    if (!recipe.mix.weights.length) return 'Style mixing · off';
    const parts = ['coarse', 'middle', 'fine']
      .filter((group) => layersOf(context.model, group).length)
      .map((group) => [group, summary(FIELDS[`mix_${group}`], recipe, context)])
      .filter(([, value]) => value !== '0');
    return `Style mixing · ${parts.map(([group, value]) => `${group} ${value}`).join(', ')}`;
  },
  directions: ({ edits }) => `Directions · ${edits.length ? `${edits.length} active` : 'none active'}`,
  presets: (recipe, { presets }) => `Presets · ${presets() || 'none'}`,
  film: (recipe, { film }) => `Film · ${film}`,
  transform: ({ transform }) => {
    const moved = transform.x || transform.y;
    if (!transform.rotate && !moved) return 'Rotate and move · as drawn';
    const parts = [`${shorten(transform.rotate)}°`];
    if (moved) parts.push(`by ${shorten(transform.x)}, ${shorten(transform.y)}`);
    return `Rotate and move · ${parts.join(', ')}`;
  },
  noise: (recipe, context) => {
    if (!context.model.noisy.length) return 'Noise · none in this model';
    if (recipe.noise.mode === 'none') return 'Noise · off';
    const mode = recipe.noise.mode === 'random' ? `random ${recipe.noise.seed}` : 'stored';
    if (!recipe.noise.strength.length) return `Noise · ${mode}, as trained`;
    return `Noise · ${mode}, strength ${summary(FIELDS.noise_strength, recipe, context)}`;
  },
};

/** Open a panel that is closed: what somebody has just made stands there. */
const openPanel = (name) => document.querySelector(`#panel_${name} > button.label-wrap:not(.open)`)?.click();
