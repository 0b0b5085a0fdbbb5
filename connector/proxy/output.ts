import type { Clues } from '../session/vocabulary';

const TOKEN_SHOWN = '[source token]';
/** A line longer than this is cut into pieces. */
const LONGEST_LINE = 16_384;

/**
 * Cuts a stream into lines and blots out the token, also where it lies across chunks or pieces.
 *
 * @param token never empty
 */
export class RedactedLines {
  private pending = '';
  private readonly needles: readonly string[];

  constructor(token: string, private readonly emit: (line: string) => void) {
    this.needles = [...new Set([token, encodeURIComponent(token)])];
  }

  push(text: string): void {
    const lines = (this.pending + text).split(/\r?\n/);
    this.pending = lines.pop()!;
    for (const line of lines) this.emit(this.redact(line));
    if (this.pending.length > LONGEST_LINE) this.cutPiece();
  }

  end(): void {
    if (this.pending) this.emit(this.redact(this.pending));
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
}

/**
 * What the official local proxy's lines give away. Matched loosely, by their sense and not their level: AWS spells some
 * sentences in more than one way. https://github.com/aws-samples/aws-iot-securetunneling-localproxy
 */
export class ClueFinder {
  private found: Clues = { connected: false, goodbye: false };

  get clues(): Clues {
    return this.found;
  }

  /** @returns whether this line says that the tunnel is connected */
  read(line: string): boolean {
    const connected = /established web ?socket connection|web ?socket session id:/i.test(line);
    if (connected) this.found = { connected: true, goodbye: false };
    else if (/web ?socket close received/i.test(line)) this.found = { ...this.found, goodbye: true };
    else this.found = { ...this.found, refused: refusal(line) ?? this.found.refused };
    return connected;
  }
}

function refusal(line: string): Clues['refused'] {
  if (/previously used/i.test(line)) return 'previously-used';
  const status = /rejected web ?socket upgrade request:? *\(HTTP\/\S+ +(\d{3})/i.exec(line)?.[1];
  if (status === '429') return 'busy';
  // After a 5xx the local proxy tries again by itself.
  return status?.startsWith('4') ? 'otherwise' : undefined;
}
