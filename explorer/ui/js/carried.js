// Own directions on their way with a recipe, as one text. Python's is explorer/carried.py.
//
// '1.', then packed: JSON with one entry a direction, a line feed, and all numbers: little-endian
// float16, first the high byte of each, then the low bytes.

const CARRIED_FORM = '1.';
const MOST_CARRIED_TEXT = 1 << 20; // characters
const MOST_CARRIED = 4 << 20; // bytes of entries and numbers
const MOST_ORIGIN = 4096; // characters of what is told of how one was found

/** A direction as the picture needs it; its boundary is measured by the gauge. */
const withoutGauge = (one) => (one.gauge ? { ...one, gauge: null, boundary: null } : one);

/** The text that carries directions of the library; how they were found stays out. */
async function carriedText(directions) {
  const entries = directions.map(({ name, space, shape, boundary, layers, gauge }) => ({
    name,
    ...(space !== 'w' && { space }),
    shape,
    ...(boundary !== null && boundary !== undefined && { boundary }),
    ...(layers?.length && { layers }),
    ...(gauge && { gauge: true }),
  }));
  const numbers = directions.flatMap(({ data, gauge }) => (gauge ? [data, gauge] : [data])).map(toBytes);
  const flat = new Uint8Array(await new Blob(numbers).arrayBuffer());
  const half = (start) => flat.filter((_, index) => index % 2 === start);
  const head = new TextEncoder().encode(`${JSON.stringify(entries)}\n`);
  const bytes = new Uint8Array(await new Blob([head, half(1), half(0)]).arrayBuffer());
  return CARRIED_FORM + (await packed(bytes));
}

/**
 * The directions in a text, as a stranger wrote it: [{name, space, shape, data, ...}], without
 * keys. The server checks each; an error where the text is damaged.
 */
async function carriedIn(text) {
  if (!text.startsWith(CARRIED_FORM) || text.length > MOST_CARRIED_TEXT) throw new RangeError('no directions');
  const bytes = await unpacked(text.slice(CARRIED_FORM.length), MOST_CARRIED);
  const end = bytes.indexOf(10);
  const entries = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end)));
  const planes = bytes.subarray(end + 1);
  const count = planes.length / 2;
  let at = 0;
  const take = (size) => {
    if (!(Number.isInteger(size) && size > 0 && at + size <= count)) throw new RangeError('too short');
    const numbers = new Uint8Array(2 * size);
    for (let i = 0; i < size; i += 1) {
      numbers[2 * i] = planes[count + at + i];
      numbers[2 * i + 1] = planes[at + i];
    }
    at += size;
    return btoa(toBinary(numbers));
  };
  if (!Array.isArray(entries) || entries.length > MOST_EDITS) throw new RangeError('no directions');
  const found = entries.map(({ name, space = 'w', shape, boundary = null, layers = [], gauge = false, origin = {} }) => {
    const size = shape.reduce((product, side) => product * side, 1);
    const told = JSON.stringify(origin).length <= MOST_ORIGIN ? origin : {};
    return { name, space, shape, boundary, layers, origin: told, data: take(size), gauge: gauge ? take(size) : null };
  });
  if (at !== count) throw new RangeError('too long');
  return found;
}
