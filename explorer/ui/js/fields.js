// What each control means: how its value is read out of a recipe and written into a new one.
// A control is known by its element id. `context` is {schema, model}.

const layersOf = (model, group) =>
  model.layers.map((layer, index) => (layer.group === group ? index : -1)).filter((i) => i >= 0);
const noisyOf = (model, group) =>
  model.noisy.map((layer, index) => (layer.group === group ? index : -1)).filter((i) => i >= 0);
/** The mean, without the last digits that a sum of many values gets wrong. */
const mean = (values) =>
  Math.round((1e6 * values.reduce((sum, value) => sum + value, 0)) / Math.max(values.length, 1)) / 1e6;

const mixWeights = (recipe, model) =>
  recipe.mix.weights.length ? recipe.mix.weights : model.layers.map(() => 0);
const noiseStrengths = (recipe, model) =>
  recipe.noise.strength.length ? recipe.noise.strength : model.noisy.map(() => 1);

/** A recipe with these weights; all 0 is written as no mixing, so that equal pictures are equal. */
function withWeights(recipe, weights) {
  return overlay(recipe, { mix: { weights: weights.every((weight) => weight === 0) ? [] : weights } });
}

/** A recipe with these strengths; all 1 is written as none, as trained. */
function withStrengths(recipe, strengths) {
  const usual = strengths.every((strength) => strength === 1);
  return overlay(recipe, { noise: { strength: usual ? [] : strengths } });
}

const replaceAt = (values, indices, value) =>
  values.map((old, index) => (indices.includes(index) ? value : old));

/** A field that lies in the recipe as it stands on the control. */
const plain = (path, name) => ({
  name,
  limits: ({ schema }) => limitsAt(schema, path),
  get: (recipe) => path.split('.').reduce((node, key) => node[key], recipe),
  set: (recipe, value) => {
    const keys = path.split('.');
    return overlay(recipe, keys.reduceRight((inner, key) => ({ [key]: inner }), value));
  },
});

/** A field whose highest value stands for `null`, "no limit". */
const open = (path, name, top) => ({
  ...plain(path, name),
  limits: (context) => [limitsAt(context.schema, path)[0], top(context)],
  get: (recipe, context) => recipe[path] ?? top(context),
  set: (recipe, value, context) => overlay(recipe, { [path]: value >= top(context) ? null : value }),
});

/** A seed box over a point of the grid. */
const seedBox = (name, read, write) => ({
  name,
  whole: true,
  limits: ({ schema }) => limitsAt(schema, 'noise.seed'),
  get: (recipe) => seedOf(read(recipe)),
  set: (recipe, seed) => overlay(recipe, write(pointOf(seed))),
});

const mixGroup = (group) => ({
  name: `${group} mixing`,
  limits: ({ schema }) => limitsAt(schema, 'mix.weights.[]'),
  values: (recipe, { model }) => layersOf(model, group).map((i) => mixWeights(recipe, model)[i]),
  get(recipe, context) { return mean(this.values(recipe, context)); },
  set: (recipe, value, { model }) =>
    withWeights(recipe, replaceAt(mixWeights(recipe, model), layersOf(model, group), value)),
});

const noiseGroup = (name, indices) => ({
  name,
  limits: ({ schema }) => limitsAt(schema, 'noise.strength.[]'),
  values: (recipe, { model }) => indices(model).map((i) => noiseStrengths(recipe, model)[i]),
  get(recipe, context) { return mean(this.values(recipe, context)); },
  set: (recipe, value, { model }) =>
    withStrengths(recipe, replaceAt(noiseStrengths(recipe, model), indices(model), value)),
});

const FIELDS = {
  model: { name: 'Model', get: (recipe, { model }) => model.name },
  seed_a: seedBox('Seed A', (recipe) => recipe.a, (a) => ({ a })),
  seed_b: seedBox('Seed B', (recipe) => recipe.b, (b) => ({ b })),
  t: plain('t', 't'),
  space: plain('space', 'Path'),
  clip: open('clip', 'Tail clipping', ({ schema }) => limitsAt(schema, 'clip')[1]),
  label: plain('label', 'Class'),
  psi: plain('psi', 'psi'),
  cutoff: open('cutoff', 'Cutoff', ({ model }) => model.layers.length),
  mix_seed: seedBox('Mixing seed', (recipe) => recipe.mix.source, (source) => ({ mix: { source } })),
  mix_coarse: mixGroup('coarse'),
  mix_middle: mixGroup('middle'),
  mix_fine: mixGroup('fine'),
  rotate: plain('transform.rotate', 'Rotate'),
  shift_x: plain('transform.x', 'Move right'),
  shift_y: plain('transform.y', 'Move down'),
  noise_mode: plain('noise.mode', 'Noise'),
  noise_seed: { ...plain('noise.seed', 'Noise seed'), whole: true },
  noise_strength: noiseGroup('Noise strength', (model) => model.noisy.map((_, index) => index)),
  noise_coarse: noiseGroup('coarse noise', (model) => noisyOf(model, 'coarse')),
  noise_middle: noiseGroup('middle noise', (model) => noisyOf(model, 'middle')),
  noise_fine: noiseGroup('fine noise', (model) => noisyOf(model, 'fine')),
};

/** A slider of one layer: 'mix_layer_3' or 'noise_layer_0'. */
function layerField(id) {
  const [kind, , number] = id.split('_');
  const index = Number(number);
  if (kind === 'mix') {
    return {
      name: `Mixing of layer ${index}`,
      limits: ({ schema }) => limitsAt(schema, 'mix.weights.[]'),
      get: (recipe, { model }) => mixWeights(recipe, model)[index],
      set: (recipe, value, { model }) =>
        withWeights(recipe, replaceAt(mixWeights(recipe, model), [index], value)),
    };
  }
  return noiseGroup(`Noise of layer ${index}`, () => [index]);
}

const fieldOf = (id) => FIELDS[id] ?? (/^(mix|noise)_layer_\d+$/.test(id) ? layerField(id) : null);

/** Whether the hand is in the number box of a slider: Gradio says "release" at a click into it too. */
const isTypedInto = (id) =>
  document.querySelector(`#${id} input[type=range]`) !== null &&
  document.querySelector(`#${id} input[type=number]:focus`) !== null;

/** What is wrong with `value` for `field`, as a sentence, or null. */
function complaint(field, value, context) {
  if (typeof value !== 'number') return null;
  const [low, high] = field.limits(context);
  if (low === undefined || high === undefined) return null;
  if (value >= low && value <= high && (!field.whole || Number.isInteger(value))) return null;
  const kind = field.whole ? 'whole numbers' : 'values';
  return `${field.name} is ${value}: ${kind} from ${low} to ${high} are allowed.`;
}

document.addEventListener('dblclick', (event) => {
  if (!event.target.matches?.('input[type=range]')) return;
  const holder = event.target.closest('[id]:not(input)');
  if (holder && fieldOf(holder.id)) window.explorer.reset(holder.id);
});
