import type { Clues } from '../session/vocabulary';

const TOKEN_SHOWN = '[source token]';
/** A line longer than this is cut into pieces. */
const LONGEST_LINE = 16_384;
/** Less than that could stand in a line by chance. */
const SHORTEST = 8;

/**
 * Cuts a stream into lines and blots out the token, also where it lies across chunks, pieces or lines.
 *
 * @param token never empty
 */
export class RedactedLines {
  private pending = '';
  private readonly needles: readonly string[];

  constructor(token: string, private readonly emit: (line: string) => void) {
    this.needles = spellingsOf(token);
  }

  push(text: string): void {
    const lines = (this.pending + text).split(/\r?\n/);
    this.pending = lines.pop()!;
    for (const line of lines) this.emit(this.edges(this.redact(line)));
    if (this.pending.length > LONGEST_LINE) this.cutPiece();
  }

  end(): void {
    if (this.pending) this.emit(this.edges(this.redact(this.pending)));
    this.pending = '';
  }

  /** What could be the beginning of a token stays for the next piece. */
  private cutPiece(): void {
    const redacted = this.redact(this.pending);
    const kept = Math.max(...this.needles.map(({ length }) => length)) - 1;
    this.emit(redacted.slice(0, redacted.length - kept));
    this.pending = redacted.slice(redacted.length - kept);
  }

  private redact(text: string): string {
    return this.needles.reduce((rest, needle) => rest.replaceAll(needle, TOKEN_SHOWN), text);
  }

  /** A token may be broken over lines: what begins it ends a line, what ends it begins one, and lines between are nothing but it. */
  private edges(line: string): string {
    for (const needle of this.needles) {
      if (line.length >= SHORTEST && needle.includes(line)) return TOKEN_SHOWN;
      const most = Math.min(needle.length - 1, line.length);
      for (let length = most; length >= SHORTEST; length--) {
        if (line.endsWith(needle.slice(0, length))) return `${line.slice(0, -length)}${TOKEN_SHOWN}`;
        if (line.startsWith(needle.slice(-length))) return `${TOKEN_SHOWN}${line.slice(length)}`;
      }
    }
    return line;
  }
}

/** The token as it may be printed: as it is, in an address, and in base64 of it or of a text that holds it, as HTTP's Basic scheme sends it. */
function spellingsOf(token: string): string[] {
  const inside = [0, 1, 2].flatMap((shift) => {
    // Only the middle is the same whatever stands before and after: whole groups of three bytes.
    const before = (3 - shift) % 3;
    const whole = Buffer.from(token).subarray(before);
    const text = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64');
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([token, encodeURIComponent(token), ...inside])].filter((spelling) => spelling.length >= SHORTEST);
}

/** What a line of the local proxy says about its connection. */
export type Sign = 'established' | 'listening' | 'lost' | 'goodbye' | 'refused' | 'port-taken';

/**
 * What the official local proxy's lines give away. Matched loosely, by their sense and not their level: AWS spells some
 * sentences in more than one way. https://github.com/aws-samples/aws-iot-securetunneling-localproxy
 */
export class ClueFinder {
  private found: Clues = { connected: false, goodbye: false, portTaken: false };

  get clues(): Clues {
    return this.found;
  }

  read(line: string): Sign | undefined {
    const sign = signOf(line);
    switch (sign) {
      case undefined: case 'lost': break;
      case 'established': this.found = { connected: true, goodbye: false, portTaken: this.found.portTaken }; break;
      case 'listening': this.found = { ...this.found, portTaken: false }; break;
      case 'port-taken': this.found = { ...this.found, portTaken: true }; break;
      case 'goodbye': this.found = { ...this.found, goodbye: true }; break;
      case 'refused': this.found = { ...this.found, refused: refusal(line) }; break;
    }
    return sign;
  }
}

const SIGNS: readonly (readonly [Sign, RegExp])[] = [
  // It names the session that failed in the words in which it greets one.
  ['lost', /failed web ?socket session/i],
  ['established', /established web ?socket connection|web ?socket session id:/i],
  ['listening', /listening for new connection/i],
  ['port-taken', /could not bind|address already in use/i],
  ['goodbye', /web ?socket close received/i],
  ['lost', /web ?socket (read|write|ping) error|error from the web ?socket/i],
];

function signOf(line: string): Sign | undefined {
  return SIGNS.find(([, pattern]) => pattern.test(line))?.[0] ?? (refusal(line) && 'refused');
}

function refusal(line: string): Clues['refused'] {
  if (/previously used/i.test(line)) return 'previously-used';
  const status = /rejected web ?socket upgrade request:? *\(HTTP\/\S+ +(\d{3})/i.exec(line)?.[1];
  if (status === '429') return 'busy';
  // After a 5xx the local proxy tries again by itself.
  return status?.startsWith('4') ? 'otherwise' : undefined;
}
