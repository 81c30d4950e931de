// The directions that this tab knows: those of the model's folder, and own ones with their vectors.
//
// Own ones are kept for the tab (session storage), each vector once, by its hash; the server only
// borrows them. A direction belongs to the model that it was made for.

const KEPT = 'directions';

/** At most 80 characters, none of them cut in half. */
const shortened = (name) => [...name].slice(0, 80).join('');

/** What a direction is made of, as one JSON value: {key, name, space, shape, data, boundary, ...}. */
function createLibrary() {
  const own = new Map(); // key -> direction, with `model`, the hash that it belongs to
  let shipped = new Map();
  let model = '';

  try {
    for (const one of JSON.parse(sessionStorage.getItem(KEPT) ?? '[]')) own.set(one.key, one);
  } catch {
    own.clear(); // storage is forbidden here, or somebody wrote into it
  }

  /** False where the tab's storage is full: then it lasts until the page is closed. */
  function keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify([...own.values()]));
      return true;
    } catch {
      return false;
    }
  }

  return {
    /** Another model is open; `directions` are those of its folder. */
    open(hash, directions) {
      model = hash;
      shipped = new Map(directions.map((one) => [one.key, { ...one, isShipped: true }]));
    },
    /** Those of the open model: shipped first. */
    all: () => [...shipped.values(), ...[...own.values()].filter((one) => one.model === model && !shipped.has(one.key))],
    get: (key) => shipped.get(key) ?? own.get(key) ?? null,
    /** Keep directions of a model, usually the open one; false where there is no room for them. */
    add(directions, hash = model) {
      for (const one of directions) {
        if (!shipped.has(one.key)) own.set(one.key, { ...one, isShipped: false, model: hash });
      }
      return keep();
    },
    rename(key, name) {
      const [known, place] = [shipped.get(key) ?? own.get(key), shipped.has(key) ? shipped : own];
      if (!known || !name.trim()) return;
      place.set(key, { ...known, name: shortened(name.trim()) });
      keep();
    },
    remove(key) {
      own.delete(key);
      keep();
    },
  };
}

/** The numbers in a text, little-endian float16, each with the other sign. */
function negated(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  for (let i = 1; i < bytes.length; i += 2) bytes[i] ^= 0x80;
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** The same direction the other way: -v, under the key that the server gives it; or null. */
async function inverted(direction, bring) {
  const data = negated(direction.data);
  const gauge = direction.gauge ? negated(direction.gauge) : null;
  const boundary = direction.boundary === null ? null : -direction.boundary;
  const name = direction.name.startsWith('not ') ? direction.name.slice(4) : `not ${direction.name}`;
  const other = { ...direction, isShipped: false, data, gauge, boundary, name: shortened(name) };
  const reply = await bring(other);
  return reply?.key ? { ...other, key: reply.key } : null;
}

/** Save directions as a file: one as .npy, or all as a library. */
async function saveDirections(lab, directions, format) {
  const found = await lab.run({ kind: 'export', directions, format });
  if (found) await download(`data:application/octet-stream;base64,${found.file}`, found.name);
}
