import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { parseSecret } from '../../connector/aws/secret-format';
import { SecretFormatError } from '../../connector/session/failures';
import { DynamoBookmarks } from '../../lambda/adapters/dynamo-bookmarks';
import { DynamoLedger } from '../../lambda/adapters/dynamo-ledger';
import { decide } from '../../lambda/domain/decide';
import { DependencyError } from '../../lambda/domain/errors';
import { DEFAULT_POLICY } from '../../lambda/domain/policy';
import { reconcile } from '../../lambda/domain/reconcile';
import { sweep } from '../../lambda/sweeper/sweep';
import { CASES, odd, or } from '../support/cases';

/** What lies somewhere and can be edited by hand: a row, the sweep's place, a secret. */
/** One odd field of a row is enough to refuse it, so most are right: what is decided upon is to be odd in its numbers. */
const rarely = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ arbitrary: right, weight: 24 }, { arbitrary: odd, weight: 1 });
const time = rarely(fc.integer({ min: -1e13, max: 1e13 }));
const text = rarely(fc.constantFrom('v1', 'v2'));
const bucket = rarely(fc.record({ tokens: rarely(fc.float({ noNaN: true, noDefaultInfinity: true })), at: time }));
const row = fc.record({
  generation: rarely(fc.nat()), fence: time, versionId: text, proofHash: text, deliveredAt: time, budget: bucket, requests: bucket,
  formerProof: rarely(fc.record({ hash: text, since: time })), claim: rarely(fc.record({ versionId: text, proofHash: text, until: time })),
  refusal: rarely(fc.record({ times: rarely(fc.nat()), until: time })),
}, { requiredKeys: ['generation'] });
const NOW = 1_700_000_000_000;
/** When the signal was sent, and how often it was looked at, as far as numbers go. */
const count = (usual: number) => fc.oneof(fc.constant(usual), fc.nat(Number.MAX_SAFE_INTEGER));
const told = fc.record({ since: count(NOW), attempt: count(0) });
const client = (answer: object) => ({ send: async () => answer }) as unknown as DynamoDBClient;
/** As somebody writes it in the console, numbers of any size. */
function attribute(value: unknown): AttributeValue {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  return Array.isArray(value) ? { L: value.map(attribute) } : { M: item(value as Record<string, unknown>) };
}
const item = (fields: Record<string, unknown>): Record<string, AttributeValue> => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, attribute(value)]));

test('GIVEN a row that somebody edited THEN it is decided upon, or a named fault', async () => {
  let fine = 0;
  await fc.assert(fc.asyncProperty(row, fc.constantFrom('CONNECTED' as const, 'DISCONNECTED' as const), told, async (edited, status, ever) => {
    const { source } = await new DynamoLedger(client({ Items: [item({ ...edited, tunnelId: 't', side: 'source' })] }), 't').read('t').catch((error: unknown) => {
      if (!(error instanceof DependencyError && error.code === 'UnreadableRow')) throw error;
      return { source: undefined };
    });
    if (!source) return;
    fine += 1;
    const deposit = { current: 'v1', versions: ['v1'], changedAt: NOW };
    const observation = {
      kind: 'open', at: NOW, createdAt: NOW - 60_000, expiresAt: NOW + 60_000, services: ['SSH'], tags: {},
      source: { status, lastUpdatedAt: NOW - 1_000 }, destination: { status: 'CONNECTED' },
    } as const;
    const signal = { tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', ...ever } as const;
    const decision = decide({ side: 'source', observation, history: reconcile(source, deposit, NOW, DEFAULT_POLICY), deposit, signal, proofHash: undefined, now: NOW }, DEFAULT_POLICY);
    expect(['rotate', 'hold', 'retire']).toContain(decision.kind);
    if (decision.kind === 'hold' && decision.recheckAfter !== undefined) expect([decision.recheckAfter >= 0, Number.isFinite(decision.recheckAfter)]).toEqual([true, true]);
  }), CASES);
  expect(fine).toBeGreaterThan(CASES.numRuns! / 5);
});

const mark = fc.array(or(fc.nat()), { maxLength: 3 });
const bookmark = fc.record({
  stage: or(fc.constantFrom('tunnels', 'rows')), page: odd, pages: or(fc.nat(3)), looked: or(fc.array(or(fc.string()))), looks: or(fc.nat()), marks: or(fc.array(or(mark))), former: or(fc.array(or(mark))),
}, { requiredKeys: [] });

test('GIVEN a place of the sweep that somebody edited THEN the round goes on or begins anew, and comes to its end', async () => {
  await fc.assert(fc.asyncProperty(or(bookmark.map((each) => JSON.stringify(each) as unknown)), async (edited) => {
    const bookmarks = new DynamoBookmarks(client({ Item: item({ tunnelId: '#sweep', side: 'bookmark', bookmark: edited }) }), 't');
    const page = async () => ({ items: [] });
    const report = await sweep({
      bookmarks, tunnels: { observe: async () => ({ kind: 'unknown' }), openTunnels: page, refusedPage: () => true }, ledger: { read: async () => ({}), rowTunnels: page },
      signals: { send: async () => undefined }, clock: { now: () => NOW }, pace: async () => undefined, seen: new Set(), failed: () => undefined,
    }, NOW + 1_000);
    expect(report.finished).toBe(true);
  }), CASES);
});

test('GIVEN a secret that somebody edited THEN the connector has a token and a proof, or says what is wrong, and shows nothing of it', () => {
  const secret = fc.record({ schemaVersion: or(fc.constant(1)), token: or(fc.constant('LOCALCAT-and-more')), proof: or(fc.constant('p'.repeat(43))), clientMode: or(fc.constant('SOURCE')), generation: odd }, { requiredKeys: [] });
  const texts = fc.oneof(secret.map((each) => JSON.stringify(each)), fc.string(), fc.json(), fc.constant(undefined));
  fc.assert(fc.property(texts, (edited) => {
    try {
      const { token, proof } = parseSecret('name', edited);
      expect([token, proof].every((each) => each !== undefined && each.reveal().length >= 8)).toBe(true);
    } catch (error) {
      if (!(error instanceof SecretFormatError)) throw error;
      expect(String(error)).not.toContain('LOCALCAT');
    }
  }), CASES);
});
