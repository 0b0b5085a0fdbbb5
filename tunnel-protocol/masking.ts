/**
 * WebSocket masking, a word at a time. `ws` asks a native module named `bufferutil` for it and does it byte by byte where there is none;
 * the bundles, which can hold nothing native, have this under that name.
 * https://datatracker.ietf.org/doc/html/rfc6455#section-5.3
 */

const WORD = 4;

/** Words that a turn of the loop masks, which takes half the time of one word at a turn. */
const STRIDE = 8;

/** Writes `length` masked bytes of `source` to `output`, beginning at `offset`. */
export function mask(source: Buffer, key: Buffer, output: Buffer, offset: number, length: number): void {
  const target = output.subarray(offset, offset + length);
  target.set(source.subarray(0, length));
  unmask(target, key);
}

/** Masks in place, which is also what takes a mask off. */
export function unmask(buffer: Buffer, key: Buffer): void {
  const { length } = buffer;
  // Words lie where memory is aligned: up to three bytes stand before them, and up to three after.
  const start = Math.min(length, -buffer.byteOffset & (WORD - 1));
  const words = length < start + WORD ? new Int32Array() : new Int32Array(buffer.buffer, buffer.byteOffset + start, (length - start) >>> 2);
  const end = start + words.length * WORD;
  for (let index = 0; index < start; index += 1) buffer[index] ^= key[index & 3];
  const [word] = new Int32Array(Uint8Array.from({ length: WORD }, (_, index) => key[(start + index) & 3]).buffer);
  maskWords(words, word);
  for (let index = end; index < length; index += 1) buffer[index] ^= key[index & 3];
}

/** `index` is a multiple of the stride, so that `|` adds; unlike `+` it needs no look at whether the sum is too large. */
function maskWords(words: Int32Array, word: number): void {
  const end = words.length - words.length % STRIDE;
  for (let index = 0; index < end; index += STRIDE) {
    words[index] ^= word;
    words[index | 1] ^= word;
    words[index | 2] ^= word;
    words[index | 3] ^= word;
    words[index | 4] ^= word;
    words[index | 5] ^= word;
    words[index | 6] ^= word;
    words[index | 7] ^= word;
  }
  for (let index = end; index < words.length; index += 1) words[index] ^= word;
}
