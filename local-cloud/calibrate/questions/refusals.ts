import { randomBytes, randomUUID } from 'node:crypto';
import { REFUSALS, type Refusal } from '../../tunneling/refusals';
import type { Lab } from '../lab';
import type { Answer, Question } from '../question';
import type { Subject } from '../subject';

const VERSION = 'Sec-WebSocket-Protocol: aws.iot.securetunneling-3.0';
const PATH = '/tunnel?local-proxy-mode=source';
const LONGEST = 300;

type Attempt = readonly [refusal: Refusal, path: string, headers: readonly string[]];

/** Requests that a good service refuses, all with a token that is still good afterwards. */
const bad = (token: string): readonly Attempt[] => [
  ['mode-invalid', '/tunnel', [`access-token: ${token}`, VERSION]],
  ['token-missing', PATH, [VERSION]],
  ['token-repeated', PATH, [`access-token: ${token}`, `access-token: ${token}`, VERSION]],
  ['token-unknown', PATH, [`access-token: ${randomBytes(96).toString('base64url')}`, VERSION]],
  ['mode-mismatch', PATH.replace('source', 'destination'), [`access-token: ${token}`, VERSION]],
  ['client-token-repeated', PATH, [`access-token: ${token}`, VERSION, `client-token: ${'a'.repeat(32)}`, `client-token: ${'a'.repeat(32)}`]],
  ['client-token-malformed', PATH, [`access-token: ${token}`, VERSION, 'client-token: short']],
  ['protocol-unsupported', PATH, [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-9.0']],
];

export const refusals: Question = {
  id: 'refusals',
  question: 'What does the data plane say when it refuses a handshake?',
  async ask(lab, subject) {
    const heard = new Hearing(lab);
    const token = await subject.token('source');
    await heard.all(bad(token));
    const options = { clientToken: randomUUID() };
    await (await lab.connect(await subject.id(), 'source', token, options)).leave();
    await heard.all([['client-token-mismatch', PATH, [`access-token: ${token}`, VERSION, `client-token: ${randomUUID()}`]]]);
    await subject.rotate('SOURCE');
    await heard.all([['token-revoked', PATH, [`access-token: ${token}`, VERSION]]]);
    const second = await subject.token('source');
    await (await lab.connect(await subject.id(), 'source', second)).leave();
    await heard.all([['previously-used', PATH, [`access-token: ${second}`, VERSION]]]);
    return heard.answer();
  },
};

export const closedRefusal: Question = {
  id: 'closed-refusal',
  question: 'What does the data plane say about a tunnel that is closed?',
  async ask(lab, subject: Subject) {
    const heard = new Hearing(lab);
    const token = await subject.token('source');
    await subject.close();
    await heard.all([['tunnel-closed', PATH, [`access-token: ${token}`, VERSION]]]);
    return heard.answer();
  },
};

/** Makes attempts, and keeps what the service said, with no token in it. */
class Hearing {
  private readonly said: { readonly refusal: Refusal; readonly status: number; readonly sentence: string }[] = [];

  constructor(private readonly lab: Lab) {}

  async all(attempts: readonly Attempt[]): Promise<void> {
    for (const [refusal, path, headers] of attempts) {
      const { status, body } = await this.lab.upgrade(path, headers);
      // A sentence that repeats what it was given is kept without it.
      const secrets = headers.flatMap((header) => header.split(': ').slice(1)).filter((value) => value.length > 40);
      const sentence = secrets.reduce((text, secret) => text.replaceAll(secret, '...'), body.trim()).slice(0, LONGEST);
      this.said.push({ refusal, status, sentence });
    }
  }

  answer(): Answer {
    const refused = this.said.filter(({ status }) => status !== 101);
    const used = this.said.find(({ refusal }) => refusal === 'previously-used')?.sentence;
    // Who takes no token twice has no words for another client token.
    const other = refused.filter(({ refusal, sentence }) =>
      sentence !== REFUSALS[refusal] && !(refusal === 'client-token-mismatch' && sentence === used));
    return {
      answer: `${refused.length} of ${this.said.length} refused, ${other.length} in other words than the local cloud's`,
      evidence: this.said.map(({ refusal, status, sentence }) => `${refusal}: HTTP ${status} ${sentence}`.trim()).join('; '),
      certainty: 'seen',
      behaviour: { refusals: Object.fromEntries(other.map(({ refusal, sentence }) => [refusal, sentence])) },
    };
  }
}
