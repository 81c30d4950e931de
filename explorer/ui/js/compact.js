// Bytes as short text for addresses: raw deflate, then base64url. Python's is explorer/packing.py.

const toBinary = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
const toBytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const toBase64Url = (bytes) =>
  btoa(toBinary(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const fromBase64Url = (text) => toBytes(text.replaceAll('-', '+').replaceAll('_', '/'));

/** Whether this browser can write and read the short form; those before 2023 cannot. */
const canPack = () => 'DecompressionStream' in window;

/** All of `bytes` sent through a stream; an error where more than `most` come out. */
async function piped(bytes, stream, most = Infinity) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    size += value.length;
    if (size > most) {
      reader.cancel();
      throw new RangeError('more than it may hold');
    }
    parts.push(value);
  }
}

const packed = async (bytes) =>
  toBase64Url(await piped(bytes, new CompressionStream('deflate-raw')));
const unpacked = (text, most) =>
  piped(fromBase64Url(text), new DecompressionStream('deflate-raw'), most);
