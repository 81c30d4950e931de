// The edits of a recipe: which directions it steps along, how far, in which layers.

const MOST_EDITS = 12;
const GROUP_NAMES = ['coarse', 'middle', 'fine'];

const editOf = (recipe, key) => recipe.edits.find((edit) => edit.direction === key) ?? null;
const shiftOf = (recipe, key) => editOf(recipe, key)?.shift ?? 0;

/** A recipe with `edits`; those of shift 0 are left out, so that equal pictures are equal. */
const withEdits = (recipe, edits) =>
  overlay(recipe, { edits: edits.filter((edit) => edit.shift !== 0) });

/** A recipe that steps `shift` along `key`, in `layers` ([] is all). */
function stepped(recipe, key, shift, layers) {
  const edit = { direction: key, shift, layers };
  const known = editOf(recipe, key) !== null;
  const edits = known ? recipe.edits.map((one) => (one.direction === key ? edit : one))
    : [...recipe.edits, edit];
  return withEdits(recipe, edits);
}

/** The layers of `model` that a choice of the layers' menu means; [] is all. */
function layersOfChoice(model, choice) {
  if (choice === 'all') return [];
  if (GROUP_NAMES.includes(choice)) return layersOf(model, choice);
  if (choice.includes(',')) return choice.split(',').map(Number);
  const [first, last] = choice.split('-').map(Number).sort((a, b) => a - b);
  return model.layers.map((_, index) => index).filter((index) => index >= first && index <= last);
}

/** The choice that `layers` stand for: a word, a range such as '3-7', or a list such as '0,5'. */
function choiceOfLayers(model, layers) {
  if (!layers.length) return 'all';
  const group = GROUP_NAMES.find((name) => isSame(layersOf(model, name), layers));
  const isRange = layers.every((layer, index) => layer === layers[0] + index);
  return group ?? (isRange ? `${layers[0]}-${layers.at(-1)}` : layers.join(','));
}
