// What a saved PNG carries: its texts, read without decoding the picture.

const PNG_START = [137, 80, 78, 71, 13, 10, 26, 10];
const RECIPE_KEY = 'latent-explorer-recipe';
const DIRECTIONS_KEY = 'latent-explorer-directions';

const isPng = (bytes) => PNG_START.every((byte, index) => bytes[index] === byte);

/** The text of an iTXt chunk (PNG specification, 11.3.3.4) under one of `keys`: [key, text]. */
async function textIn(chunk, keys) {
  const end = chunk.indexOf(0);
  const key = new TextDecoder('latin1').decode(chunk.subarray(0, end));
  if (!keys.includes(key)) return null;
  const language = chunk.indexOf(0, end + 3);
  const keyword = chunk.indexOf(0, language + 1);
  if (language < 0 || keyword < 0) return null;
  const body = chunk.subarray(keyword + 1);
  if (body.length > MOST_CARRIED_TEXT) return null;
  const isPacked = chunk[end + 1] === 1; // by another program that went over it
  const bytes = isPacked ? await piped(body, new DecompressionStream('deflate'), MOST_CARRIED_TEXT) : body;
  return [key, new TextDecoder('utf-8', { fatal: true }).decode(bytes)];
}

/** {recipe, directions} of a PNG, as texts; null where it has none. Errors where it is damaged. */
async function textsOfPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map();
  let at = PNG_START.length;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const kind = new TextDecoder('latin1').decode(bytes.subarray(at + 4, at + 8));
    if (kind === 'IEND' || at + 12 + length > bytes.length) break;
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    const pair = kind === 'iTXt' ? await textIn(chunk, [RECIPE_KEY, DIRECTIONS_KEY]) : null;
    if (pair) found.set(...pair);
    at += 12 + length;
  }
  return { recipe: found.get(RECIPE_KEY) ?? null, directions: found.get(DIRECTIONS_KEY) ?? null };
}
