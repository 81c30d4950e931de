// From one recipe to another without a jump, for loops on the page.
//
// psi, mixing weights, strengths of noise, edits, class weights and transforms go straight. Seeds
// cannot: a recipe knows one way from A to B. So a recipe that stands between its own A and B goes
// to the nearer end first, from there to the other recipe's nearer end, and on to where that one
// stands. What cannot be blended (another mixing source, other noise) fades out, and the new one
// in. Three things do change at once: the cutoff layer, another model, and, off whole seeds, the
// kind of path.

const along = (from, to, s) => {
  const value = from * (1 - s) + to * s;
  return Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to)); // rounding stays inside
};
const allAlong = (from, to, s) => from.map((value, index) => along(value, to[index], s));
const scaled = (values, factor) => values.map((value) => value * factor);
const areZero = (values) => values.every((value) => value === 0);

/** Slow at both ends: s and its speed have no jump where one leg meets the next. */
const eased = (s) => (1 - Math.cos(Math.PI * s)) / 2;

/** {a, b, t, space} at s: in up to three legs, each as long as the others. */
function sourceBetween(from, to, s) {
  const sources = ({ a, b, space }, t) => ({ a, b, space, t });
  if (isSame(sources(from, 0), sources(to, 0))) return sources(from, along(from.t, to.t, s));
  const [left, right] = [Math.round(from.t), Math.round(to.t)]; // the nearer ends
  const [start, end] = [left ? from.b : from.a, right ? to.b : to.a];
  const legs = [];
  if (from.t !== left) legs.push((u) => sources(from, along(from.t, left, u)));
  if (!isSame(start, end)) legs.push((u) => ({ a: start, b: end, space: from.space, t: u }));
  if (to.t !== right) legs.push((u) => sources(to, along(right, to.t, u)));
  if (!legs.length) return sources(to, to.t); // the same picture, told otherwise
  const leg = Math.min(Math.floor(s * legs.length), legs.length - 1);
  return legs[leg](s * legs.length - leg);
}

/** [which of two, with which share of it] where one fades out before the other fades in. */
const faded = (s) => (s < 0.5 ? [0, 1 - 2 * s] : [1, 2 * s - 1]);

function withMixBetween(recipe, from, to, s, model) {
  const weights = [from, to].map((one) => mixWeights(one, model));
  const sources = [from.mix.source, to.mix.source];
  if (isSame(...sources) || weights.some(areZero)) {
    const source = areZero(weights[1]) ? sources[0] : sources[1];
    return withWeights(overlay(recipe, { mix: { source } }), allAlong(...weights, s));
  }
  const [which, share] = faded(s);
  return withWeights(overlay(recipe, { mix: { source: sources[which] } }), scaled(weights[which], share));
}

function withNoiseBetween(recipe, from, to, s, model) {
  const kind = ({ noise }) => [noise.mode, noise.mode === 'random' ? noise.seed : 0];
  const isOff = ({ noise }) => noise.mode === 'none';
  const strengths = [from, to].map((one) => scaled(noiseStrengths(one, model), isOff(one) ? 0 : 1));
  const put = ({ noise: { mode, seed } }, values) =>
    withStrengths(overlay(recipe, { noise: { mode, seed } }), values);
  if (isOff(from) && isOff(to)) return put(to, noiseStrengths(to, model));
  if (isSame(kind(from), kind(to)) || isOff(from) || isOff(to)) {
    return put(isOff(to) ? from : to, allAlong(...strengths, s));
  }
  const [which, share] = faded(s);
  return put([from, to][which], scaled(strengths[which], share));
}

function editsBetween(from, to, s) {
  const keys = [...new Set([...from.edits, ...to.edits].map(({ direction }) => direction))];
  const [which, share] = faded(s);
  return keys.map((key) => {
    const both = [from, to].map((recipe) => editOf(recipe, key));
    const [first, last] = both;
    const layers = (last ?? first).layers;
    const isOne = keys.length <= MOST_EDITS && (!first || !last || isSame(first.layers, last.layers));
    if (isOne) return { direction: key, shift: along(first?.shift ?? 0, last?.shift ?? 0, s), layers };
    return both[which] ? { ...both[which], shift: both[which].shift * share } : { direction: key, shift: 0, layers };
  });
}

/** A weight for each class, as far as both recipes name one. */
function labelBetween(from, to, s, model) {
  if (isSame(from.label, to.label) || from.label === null || to.label === null) {
    return s < 0.5 ? from.label : to.label;
  }
  const weights = ({ label }) =>
    (typeof label === 'number' ? Array.from({ length: model.c_dim }, (_, index) => Number(index === label)) : label);
  return allAlong(weights(from), weights(to), s);
}

function transformBetween({ transform: from }, { transform: to }, s) {
  const turn = ((to.rotate - from.rotate + 540) % 360) - 180; // the short way round
  const rotate = ((from.rotate + turn * s + 540) % 360) - 180;
  return { rotate, x: along(from.x, to.x, s), y: along(from.y, to.y, s) };
}

/** The tail clip: none is as good as the widest. */
function clipBetween(from, to, s, { schema }) {
  if (isSame(from.clip, to.clip)) return to.clip;
  const widest = limitsAt(schema, 'clip')[1];
  return along(from.clip ?? widest, to.clip ?? widest, s);
}

/**
 * The picture of `from` at s = 0, that of `to` at s = 1, and a way between them.
 * @param context {schema, model}: both are recipes of this model
 */
function recipeBetween(from, to, s, context) {
  if (s <= 0) return structuredClone(from);
  if (s >= 1) return structuredClone(to);
  const { model } = context;
  const base = overlay(from, {
    ...sourceBetween(from, to, s),
    clip: clipBetween(from, to, s, context),
    label: labelBetween(from, to, s, model),
    psi: along(from.psi, to.psi, s),
    cutoff: s < 0.5 ? from.cutoff : to.cutoff,
    transform: transformBetween(from, to, s),
  });
  const mixed = withMixBetween(base, from, to, s, model);
  return withEdits(withNoiseBetween(mixed, from, to, s, model), editsBetween(from, to, s));
}
