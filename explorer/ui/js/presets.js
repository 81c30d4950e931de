// Presets: recipes under a name, as one JSON value, which is also the file that is exported:
// {version: 1, presets: [{name, recipe}], directions: [own ones that the recipes need]}.

const PRESETS_KEY = 'latent-explorer-presets';
const MOST_PRESETS = 100;
const MOST_PRESET_BYTES = 2 << 20; // of a file; own directions of a large model are 25 KB each
const MOST_NAME = 80; // characters

const noPresets = () => ({ version: 1, presets: [], directions: [] });
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `name` as it is kept: short, on one line; empty where there is nothing in it. */
const tidyName = (name) => [...name.replace(/\s+/g, ' ').trim()].slice(0, MOST_NAME).join('');

/** Presets out of a text, or null where it holds none. Recipes are for the server to check. */
function readPresets(text) {
  if (text.length > MOST_PRESET_BYTES) return null;
  try {
    const { version, presets, directions = [] } = JSON.parse(text);
    const isWhole = version === 1 && Array.isArray(presets) && presets.length <= MOST_PRESETS
      && Array.isArray(directions)
      && presets.every((one) => isObject(one?.recipe) && typeof one.name === 'string' && tidyName(one.name))
      && directions.every((one) => isObject(one) && typeof one.key === 'string' && typeof one.name === 'string');
    if (!isWhole) return null;
    const named = presets.map(({ name, recipe }) => ({ name: tidyName(name), recipe }));
    return { version, presets: named, directions };
  } catch {
    return null;
  }
}

/** `name`, or with a number behind it where it is taken. */
function freeName(name, presets) {
  const isTaken = (text) => presets.some((preset) => preset.name === text);
  if (!isTaken(name)) return name;
  for (let number = 2; ; number += 1) {
    const text = `${[...name].slice(0, MOST_NAME - 6).join('')} (${number})`;
    if (!isTaken(text)) return text;
  }
}

/** What is kept, without directions that no preset needs. */
function lean({ presets, directions }) {
  const needed = new Set(presets.flatMap(({ recipe }) => (recipe.edits ?? []).map(({ direction }) => direction)));
  const known = new Map(directions.map((one) => [one.key, one]));
  return { version: 1, presets, directions: [...known.values()].filter(({ key }) => needed.has(key)) };
}

/** The presets of this browser: read anew each time, because other tabs may have written. */
function createPresets(storage) {
  let unkept = null; // where nothing can be kept: they last until the page is closed

  function all() {
    if (unkept) return unkept;
    try {
      return readPresets(storage().getItem(PRESETS_KEY) ?? '') ?? noPresets();
    } catch {
      return noPresets();
    }
  }

  /** Keep `changed`; false where this browser keeps nothing. */
  function keep(changed) {
    const next = lean(changed);
    try {
      storage().setItem(PRESETS_KEY, JSON.stringify(next));
      unkept = null;
      return true;
    } catch {
      unkept = next;
      return false;
    }
  }

  /** The presets, with more behind them and the directions that those need. */
  function withMore({ presets, directions }) {
    const now = all();
    const named = [...now.presets];
    for (const { name, recipe } of presets) named.push({ name: freeName(name, named), recipe });
    return { presets: named, directions: [...now.directions, ...directions] };
  }

  return {
    all,
    /** Whether there is room for more: what is longer could not be read again. */
    fits: (more) => JSON.stringify(lean(withMore(more))).length <= MOST_PRESET_BYTES,
    /** Put presets, with the directions that they need, behind those that are there. */
    add: (more) => keep(withMore(more)),
    rename(name, to) {
      const now = all();
      const others = now.presets.filter((preset) => preset.name !== name);
      const fresh = freeName(tidyName(to) || name, others);
      return keep({ ...now, presets: now.presets.map((one) => (one.name === name ? { ...one, name: fresh } : one)) });
    },
    /** Take one out and return it as `add` takes it, with its place. */
    remove(name) {
      const now = all();
      const at = now.presets.findIndex((preset) => preset.name === name);
      if (at < 0) return null;
      keep({ ...now, presets: now.presets.filter((_, index) => index !== at) });
      return { at, preset: now.presets[at], directions: now.directions };
    },
    /** Undo `remove`. */
    restore({ at, preset, directions }) {
      const now = all();
      const named = { ...preset, name: freeName(preset.name, now.presets) };
      const presets = [...now.presets.slice(0, at), named, ...now.presets.slice(at)];
      return keep({ presets, directions: [...now.directions, ...directions] });
    },
  };
}
