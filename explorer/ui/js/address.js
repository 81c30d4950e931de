// The recipe in the page's address, under `r`: a link to the picture, and what a reload keeps.

/** The recipe as text: base64url of the JSON of what differs from the defaults. */
function toText(recipe, defaults) {
  const changes = { version: 1, ...difference(recipe, defaults) };
  const bytes = new TextEncoder().encode(JSON.stringify(changes));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Whether every field of `value` is of the kind that the defaults have there. */
function isShaped(value, usual) {
  if (usual === null) return true;
  if (typeof value !== typeof usual || value === null) return false;
  if (Array.isArray(usual) !== Array.isArray(value)) return false;
  if (typeof usual !== 'object' || Array.isArray(usual)) return true;
  return Object.entries(usual).every(([key, inner]) => isShaped(value[key], inner));
}

/** The recipe in a text, or null when it holds none. The server checks what is inside. */
function fromText(text, defaults) {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const changes = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!changes || typeof changes !== 'object' || Array.isArray(changes)) return null;
    const recipe = overlay(defaults, changes);
    return isShaped(recipe, defaults) ? recipe : null;
  } catch {
    return null;
  }
}

function createAddress(schema) {
  const defaults = defaultsOf(schema);
  return {
    /** The linked recipe; undefined without a link, null for a damaged one. */
    read() {
      const text = new URLSearchParams(location.search).get('r');
      return text ? fromText(text, defaults) : undefined;
    },
    write(recipe) {
      const query = new URLSearchParams(location.search);
      query.set('r', toText(recipe, defaults));
      history.replaceState(history.state, '', `?${query}`);
    },
  };
}
