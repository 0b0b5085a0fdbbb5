import { isSpentForCertain, judge, wasFruitful } from '../../../connector/session/verdict';
import type { ChildEnd, Observation, SourceSide } from '../../../connector/session/vocabulary';

const end = (fields: Partial<ChildEnd> = {}): ChildEnd => ({ code: 0, signal: null, connected: false, goodbye: false, portTaken: false, lived: 50, ...fields });
const BEFORE: SourceSide = { status: 'DISCONNECTED', lastUpdatedAt: 1_000 };
const untouched: Observation = { kind: 'open', source: BEFORE, expiresAt: 9e9, services: [] };
const cameAndWent: Observation = { kind: 'open', source: { status: 'DISCONNECTED', lastUpdatedAt: 2_000 }, expiresAt: 9e9, services: [] };
const connected: Observation = { kind: 'open', source: { status: 'CONNECTED', lastUpdatedAt: 2_000 }, expiresAt: 9e9, services: [] };

describe('what happened', () => {
  it.each<[why: string, end: ChildEnd, now: Observation, verdict: object]>([
    // The tunnel is over, whatever the child did.
    ['the tunnel was closed under a good connection', end({ connected: true, goodbye: true }), { kind: 'closed' }, { kind: 'over', ending: 'closed' }],
    ['the tunnel was closed while the network was away', end({ connected: true, refused: 'otherwise' }), { kind: 'closed' }, { kind: 'over', ending: 'closed' }],
    ['the tunnel expired', end({ connected: true, goodbye: true }), { kind: 'expired' }, { kind: 'over', ending: 'expired' }],
    ['the tunnel is forgotten', end(), { kind: 'unknown' }, { kind: 'over', ending: 'unknown-tunnel' }],
    ['there is no such command', end({ code: null, notStarted: 'ENOENT' }), untouched, { kind: 'over', ending: 'command-not-started' }],
    // It was connected.
    ['cut, and refused when it came back', end({ connected: true, refused: 'previously-used' }), cameAndWent, { kind: 'spent' }],
    ['cut, and the service does not know yet', end({ connected: true, refused: 'previously-used' }), connected, { kind: 'spent' }],
    ['sent away by a rotation', end({ connected: true, goodbye: true }), cameAndWent, { kind: 'contested' }],
    ['sent away, and its greeting was not heard', end({ goodbye: true }), cameAndWent, { kind: 'contested' }],
    ['cut, and its token was revoked meanwhile', end({ connected: true, refused: 'otherwise' }), cameAndWent, { kind: 'contested' }],
    ['its services are wrong', end({ code: 1, connected: true }), cameAndWent, { kind: 'spent' }],
    ['its port is taken', end({ connected: true, portTaken: true, lived: 12_500 }), cameAndWent, { kind: 'over', ending: 'port-taken' }],
    ['it crashed', end({ code: null, signal: 'SIGSEGV', connected: true }), connected, { kind: 'spent' }],
    // It never was.
    ['the token was spent before', end({ refused: 'previously-used' }), untouched, { kind: 'spent' }],
    ['the token was revoked', end({ refused: 'otherwise' }), untouched, { kind: 'spent' }],
    ['somebody else has the tunnel', end({ refused: 'previously-used' }), connected, { kind: 'contested' }],
    ['somebody else has it, and the child kept quiet', end({ code: 0 }), connected, { kind: 'contested' }],
    ['it left without a word: the official way to be refused', end({ code: 0 }), untouched, { kind: 'spent' }],
    ['too many requests', end({ refused: 'busy' }), untouched, { kind: 'failed' }],
    ['too many requests, and somebody else has it', end({ refused: 'busy' }), connected, { kind: 'failed' }],
    ['wrong options', end({ code: 1 }), untouched, { kind: 'failed' }],
    ['it crashed at the start', end({ code: null, signal: 'SIGSEGV' }), untouched, { kind: 'failed' }],
    ['it came and went without a word, and failed', end({ code: 1 }), cameAndWent, { kind: 'spent' }],
  ])('%s', (_, childEnd, now, verdict) => {
    expect(judge(childEnd, now, BEFORE)).toEqual(verdict);
  });
});

describe('what is certain before anybody looks', () => {
  it.each<[string, ChildEnd, boolean]>([
    ['cut', end({ connected: true, refused: 'previously-used' }), true],
    ['it broke after a good while', end({ connected: true, lived: 10_000 }), true],
    ['it broke at once', end({ code: 1, connected: true }), false],
    ['sent away', end({ connected: true, goodbye: true }), false],
    ['its token was revoked', end({ connected: true, refused: 'otherwise' }), false],
    ['its port is taken', end({ connected: true, portTaken: true, lived: 12_500 }), false],
    ['never connected', end({ refused: 'previously-used' }), false],
  ])('%s', (_, childEnd, certain) => {
    expect(isSpentForCertain(childEnd, 10_000)).toBe(certain);
  });
});

describe('whether a start was worth its token', () => {
  it.each<[string, ChildEnd, boolean]>([
    ['cut at once', end({ connected: true, refused: 'previously-used', lived: 10 }), true],
    ['sent away at once', end({ connected: true, goodbye: true, lived: 10 }), true],
    ['fell over after a good while', end({ code: 1, connected: true, lived: 10_000 }), true],
    ['fell over at once', end({ code: 1, connected: true, lived: 9_999 }), false],
    ['refused', end({ refused: 'previously-used', lived: 60_000 }), false],
    ['never connected', end({ code: 1, lived: 60_000 }), false],
  ])('%s', (_, childEnd, fruitful) => {
    expect(wasFruitful(childEnd, 10_000)).toBe(fruitful);
  });
});
