// The recipe in the browser: reading and writing its fields, and their limits.
// Ranges and defaults come from the schema that Python sends; nothing of them is typed again here.

const SEEDS = 2 ** 32;
const ROW = 100;

/** The schema of the field at `path` ('noise.seed'), references followed, null left aside. */
function schemaAt(schema, path) {
  const follow = (node) => {
    if (node.$ref) return follow(schema.$defs[node.$ref.split('/').pop()]);
    const real = (node.anyOf || []).filter((one) => one.type !== 'null');
    return real.length ? { ...follow(real[0]), default: node.default } : node;
  };
  let node = schema;
  for (const key of path.split('.')) {
    node = follow(node);
    node = key === '[]' ? node.items : node.properties[key];
  }
  return follow(node);
}

/** [lowest, highest] of the number at `path`. */
function limitsAt(schema, path) {
  const node = schemaAt(schema, path);
  return [node.minimum, node.maximum];
}

/** Every field at its default. */
function defaultsOf(schema) {
  const entries = Object.entries(schema.properties);
  return structuredClone(Object.fromEntries(entries.map(([name, node]) => [name, node.default])));
}

const seedOf = (point) => {
  const seed = (Math.round(point.x) + ROW * Math.round(point.y)) % SEEDS;
  return seed < 0 ? seed + SEEDS : seed;
};
const pointOf = (seed) => ({ x: seed, y: 0 });
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The fields of `recipe` that differ from `defaults`, nested ones too. */
function difference(recipe, defaults) {
  const changed = {};
  for (const [key, value] of Object.entries(recipe)) {
    const usual = defaults[key];
    if (isSame(value, usual)) continue;
    const nested = value && usual && typeof value === 'object' && !Array.isArray(value);
    changed[key] = nested ? difference(value, usual) : value;
  }
  return changed;
}

/** `changes` laid over `base`, without touching either. */
function overlay(base, changes) {
  const result = structuredClone(base);
  for (const [key, value] of Object.entries(changes)) {
    const nested = value && typeof value === 'object' && !Array.isArray(value);
    const inner = result[key];
    result[key] = nested && inner && typeof inner === 'object' ? overlay(inner, value) : value;
  }
  return result;
}
