import fc from 'fast-check';
import { mask, unmask } from '../../tunnel-protocol/masking';

const key = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
/** Where in memory the bytes begin: words lie at multiples of four. */
const place = fc.nat(7);

/** As the RFC writes it. */
const byTheLetter = (bytes: Uint8Array, [...octets]: Buffer) => [...bytes].map((byte, index) => byte ^ octets[index % 4]);

/** The same bytes, at a place that was chosen. */
function placed(bytes: Uint8Array, at: number): Buffer {
  const memory = Buffer.alloc(at + bytes.length);
  memory.set(bytes, at);
  return memory.subarray(at);
}

test('bytes of any length and anywhere in memory are masked as the RFC says, and what lies beside them is not', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 99 }), key, place, place, (bytes, octets, from, to) => {
    const output = Buffer.alloc(to + bytes.length + 5);
    mask(placed(bytes, from), octets, output, to, bytes.length);
    expect([...output]).toEqual([...Array<number>(to).fill(0), ...byTheLetter(bytes, octets), 0, 0, 0, 0, 0]);
  }), { numRuns: 1_000 });
});

test('a mask is taken off in place', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 99 }), key, place, (bytes, octets, at) => {
    const buffer = placed(byTheLetter(bytes, octets) as unknown as Uint8Array, at);
    unmask(buffer, octets);
    expect([...buffer]).toEqual([...bytes]);
  }), { numRuns: 1_000 });
});
