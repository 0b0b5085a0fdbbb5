import type { Trace } from '../local-cloud/leaks';

export type Kind = 'token' | 'proof';

export interface Find {
  readonly kind: Kind;
  readonly place: string;
}

/** So many characters in a row are no accident: a secret's are random. */
const WINDOW = 16;
/** Every so many characters of a secret begins a window, so that 19 characters of it in a row are found wherever they lie. */
const STRIDE = 4;

/** Finds known secrets in text: whole or in part, plain, base64, hexadecimal, URL-encoded, escaped, split over lines. */
export class SecretFinder {
  private readonly known = new Set<string>();
  private readonly windows = new Map<string, Kind>();

  get size(): number {
    return this.known.size;
  }

  learn(kind: Kind, secret: string): void {
    if (this.known.has(secret)) return;
    this.known.add(secret);
    for (const form of disguises(secret)) {
      for (let at = 0; at + WINDOW <= form.length; at += STRIDE) this.windows.set(form.slice(at, at + WINDOW), kind);
    }
  }

  /** @returns each place and kind once */
  find(traces: Iterable<Trace>): Find[] {
    const places = new Map<string, string[]>();
    for (const { place, text } of traces) places.set(place, [...places.get(place) ?? [], text]);
    return [...places].flatMap(([place, texts]) => {
      const kinds = new Set(readings(texts.join('\n')).flatMap((text) => [...this.kindsIn(text)]));
      return [...kinds].map((kind) => ({ kind, place }));
    });
  }

  private kindsIn(text: string): Set<Kind> {
    const found = new Set<Kind>();
    // Only in what may be a piece of a secret: words of enough letters.
    for (const [word] of text.matchAll(/[\w+/=.-]{16,}/g)) {
      for (let at = 0; at + WINDOW <= word.length; at += 1) {
        const kind = this.windows.get(word.slice(at, at + WINDOW));
        if (kind) found.add(kind);
      }
    }
    return found;
  }
}

/** The secret itself, and what encodings make of it. */
function disguises(secret: string): string[] {
  // Base64 looks different depending on what stands before; the edges share bits with their neighbours.
  const base64 = [0, 1, 2].map((before) => Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64').slice(before === 0 ? 0 : 4, -4));
  const hex = Buffer.from(secret).toString('hex');
  return [secret, ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), hex, hex.toUpperCase()];
}

/** A text as it stands, with its escapes undone, and with its lines joined. */
function readings(text: string): string[] {
  const plain = text
    .replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replace(/\\\//g, '/');
  const joined = plain.replace(/(\\+[rn]|\s)+/g, '');
  return [...new Set([text, plain, joined])];
}
