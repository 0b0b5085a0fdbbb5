import fc from 'fast-check';
import { ClueFinder, RedactedLines } from '../../../connector/proxy/output';

const TOKEN = 'LOCALCAT/abc+def==';

function through(chunks: readonly string[]): string[] {
  const lines: string[] = [];
  const redacted = new RedactedLines(TOKEN, (line) => lines.push(line));
  for (const chunk of chunks) redacted.push(chunk);
  redacted.end();
  return lines;
}

describe('lines without the token', () => {
  it('hold everything else, however the output was cut into chunks', () => {
    const word = fc.oneof(fc.constant(TOKEN), fc.constant(encodeURIComponent(TOKEN)), fc.constant(TOKEN.slice(0, 7)), fc.constant('\n'),
      fc.string({ maxLength: 20 }), fc.nat({ max: 40_000 }).map((length) => '.'.repeat(length)));
    fc.assert(fc.property(fc.array(word, { maxLength: 12 }), fc.array(fc.nat({ max: 50_000 }), { maxLength: 12 }), (words, cuts) => {
      const text = words.join('').replaceAll('\r', '');
      const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
      const lines = through(places.slice(1).map((end, index) => text.slice(places[index], end)));
      const expected = [TOKEN, encodeURIComponent(TOKEN)].reduce((rest, needle) => rest.replaceAll(needle, '[source token]'), text);
      return lines.join('') === expected.replaceAll('\n', '');
    }), { numRuns: 300 });
  });

  it('hide a token that comes in two halves at the end of a piece', () => {
    for (let half = 1; half < TOKEN.length; half++) {
      const lines = through([`${'x'.repeat(20_000)}${TOKEN.slice(0, half)}`, `${TOKEN.slice(half)}y`]);
      expect(lines.join('').endsWith('x[source token]y')).toBe(true);
    }
  });

  it.each(['', 'u', 'us', 'user:'])('hide the token in base64 too, after %j', (before) => {
    const token = 'LOCALCAT/abc+def/0123456789~~>>??';
    for (const encoding of ['base64', 'base64url'] as const) {
      const lines: string[] = [];
      const redacted = new RedactedLines(token, (line) => lines.push(line));
      redacted.push(`Authorization: Basic ${Buffer.from(`${before}${token}:more`).toString(encoding)}\n`);
      expect(lines[0]).toContain('[source token]');
      // What is left is too little to find a token by.
      expect(Buffer.from(lines[0].split('Basic ')[1].split('[')[0], encoding).toString().length).toBeLessThan(before.length + 3);
    }
  });

  it.each([[8, 30], [20, 30], [22, 11]])('hide a token that is broken over lines after %i, and again after %i characters', (first, next) => {
    const token = 'LOCALCAT/abc+def/0123456789~~>>??';
    const pieces = [token.slice(0, first), token.slice(first, first + next), token.slice(first + next)].filter(Boolean);
    const lines: string[] = [];
    const redacted = new RedactedLines(token, (line) => lines.push(line));
    redacted.push(`the token is ${pieces.join('\n')}; so much for that\n`);
    for (const piece of pieces) if (piece.length >= 8) expect(lines.join('\n')).not.toContain(piece);
    expect(lines[0]).toBe('the token is [source token]');
  });

  it('are whole lines', () => {
    expect(through(['one\r\ntw', 'o\n\nthree'])).toEqual(['one', 'two', '', 'three']);
  });

  it('do not wait for the end of a line that has none', () => {
    expect(through(['x'.repeat(40_000)]).length).toBeGreaterThan(1);
  });
});

describe('clues', () => {
  it.each([
    ['Successfully established websocket connection with proxy server: wss://data.tunneling.iot.eu-west-1.amazonaws.com:443', { connected: true }],
    ['Web socket session ID: 0a58a9fffe7b2a3c', { connected: true }],
    ['Proxy server rejected web socket upgrade request: (HTTP/1.1 400 Bad Request) "... previously used and can not be used again."', { refused: 'previously-used' }],
    ['ERROR: the access token was Previously Used and cannot be used again', { refused: 'previously-used' }],
    ['Proxy server rejected web socket upgrade request: (HTTP/1.1 401 Unauthorized) ""', { refused: 'otherwise' }],
    ['Proxy server rejected web socket upgrade request: (HTTP/1.1 429 Too Many Requests) ""', { refused: 'busy' }],
    ['Proxy server rejected web socket upgrade request: (HTTP/1.1 503 Service Unavailable) ""', {}],
    ['Web socket close received. Code: 1000', { goodbye: true }],
    ['Could not bind to address: 127.0.0.1:5555. Address already in use', { portTaken: true }],
    ['Websocket read error: Connection reset by peer', {}],
    ['Failed web socket session ID: 5f3a5ad0516034abd29775d39a1dbf5a90744175', {}],
    ['Attempting to establish web socket connection with endpoint wss://data.tunneling.iot.eu-west-1.amazonaws.com:443', {}],
    ['Could not connect to proxy server: Connection refused', {}],
  ])('%s', (line, expected) => {
    const finder = new ClueFinder();
    finder.read(line);
    expect(finder.clues).toEqual({ connected: false, goodbye: false, portTaken: false, ...expected });
  });

  it('of a port count until the proxy listens', () => {
    const finder = new ClueFinder();
    expect(finder.read('Could not bind to address: 127.0.0.1:5555')).toBe('port-taken');
    expect(finder.read('Listening for new connection on port 5555')).toBe('listening');
    expect(finder.clues.portTaken).toBe(false);
  });

  it('of an old trouble do not count once the proxy is connected again', () => {
    const finder = new ClueFinder();
    finder.read('Web socket close received. Code: 1000');
    finder.read('Successfully established websocket connection');
    expect(finder.clues).toEqual({ connected: true, goodbye: false, portTaken: false });
  });
});
