// The recipe in the page's address, under `r`: a link to the picture, and what a reload keeps.
//
// Own directions follow in the fragment, under `v`, which no browser sends to a server. `r` has had
// two forms, see explorer/links.py; both are read for ever.

const LINK_FORM = '2.';
const MOST_QUERY = 2000; // characters of '?r=...', which browsers, servers and chats all keep whole
const MOST_FRAGMENT = 17000; // of '#v=...'
const MOST_RECIPE = 65536; // bytes of JSON

/** The recipe as text. */
async function toText(recipe, defaults) {
  const changes = { version: 1, ...difference(recipe, defaults) };
  const bytes = new TextEncoder().encode(JSON.stringify(changes));
  return canPack() ? LINK_FORM + (await packed(bytes)) : toBase64Url(bytes);
}

/** Whether every field of `value` is of the kind that the defaults have there. */
function isShaped(value, usual) {
  if (usual === null) return true;
  if (typeof value !== typeof usual || value === null) return false;
  if (Array.isArray(usual) !== Array.isArray(value)) return false;
  if (typeof usual !== 'object' || Array.isArray(usual)) return true;
  return Object.entries(usual).every(([key, inner]) => isShaped(value[key], inner));
}

/** An edit with all of its fields, or undefined where it is none. */
function wholeEdit(edit) {
  const { direction, shift = 0, layers = [] } = edit ?? {};
  const isOne = typeof direction === 'string' && Number.isFinite(shift)
    && Array.isArray(layers) && layers.every(Number.isInteger);
  return isOne ? { ...edit, shift, layers } : undefined;
}

/** The recipe in JSON, as text or bytes, or null when it holds none. The server checks the rest. */
function fromJson(json, defaults) {
  try {
    const text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json);
    const changes = JSON.parse(text);
    if (!changes || typeof changes !== 'object' || Array.isArray(changes)) return null;
    const recipe = overlay(defaults, changes);
    if (!isShaped(recipe, defaults)) return null;
    const edits = recipe.edits.map(wholeEdit);
    return edits.includes(undefined) ? null : { ...recipe, edits };
  } catch {
    return null;
  }
}

/** The recipe in a text of either form, or null when it holds none. */
async function fromText(text, defaults) {
  try {
    const isPacked = text.startsWith(LINK_FORM);
    const bytes = isPacked ? await unpacked(text.slice(LINK_FORM.length), MOST_RECIPE) : fromBase64Url(text);
    return fromJson(bytes, defaults);
  } catch {
    return null;
  }
}

/** {r, v} of an address, as texts; null where it has none. */
function partsOf(address) {
  const { searchParams, hash } = new URL(address, location.href);
  const fragment = new URLSearchParams(hash.slice(1));
  return { r: searchParams.get('r') ?? fragment.get('r'), v: fragment.get('v') };
}

/**
 * The link to a picture on this page, wherever the page stands: of an address only what is needed,
 * because the rest may hold a visitor's own token.
 *
 * @param own  the directions to go with it
 * @return {link, tooLong}: why it would not stay whole, or ''
 */
async function linkTo(recipe, own, defaults) {
  const query = `?r=${await toText(recipe, defaults)}`;
  let fragment = own.length ? `#v=${await carriedText(own)}` : '';
  if (fragment.length > MOST_FRAGMENT) fragment = `#v=${await carriedText(own.map(withoutGauge))}`;
  const long = [[query, MOST_QUERY], [fragment, MOST_FRAGMENT]].find(([text, most]) => text.length > most);
  const count = (number) => number.toLocaleString('en');
  const tooLong = !long ? '' : `The link would be ${count(long[0].length)} characters long, ` +
    `${count(long[1])} are kept whole everywhere. Save the picture as PNG instead: it carries everything.`;
  return { link: `${location.origin}${location.pathname}${query}${fragment}`, query, fragment, tooLong };
}

/** Write a link into the address without reloading; what a server might not take goes behind '#'. */
function showInAddress({ query, fragment }) {
  const kept = new URLSearchParams(location.search);
  kept.delete('r');
  const others = kept.size ? `&${kept}` : '';
  const isLong = query.length > MOST_QUERY;
  const hash = fragment.length > MOST_FRAGMENT ? '' : fragment; // the tab keeps the directions
  const long = isLong ? `#${query.slice(1)}${hash && `&${hash.slice(1)}`}` : hash;
  history.replaceState(history.state, '', `${isLong ? `?${kept}` : query + others}${long}`);
}
