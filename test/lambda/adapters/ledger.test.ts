import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { DynamoLedger } from '../../../lambda/adapters/dynamo-ledger';
import type { Ledger, LedgerScan } from '../../../lambda/domain/ports';
import type { Claim, History } from '../../../lambda/domain/vocabulary';
import { MemoryLedger } from '../../support/fakes';
import { LedgerTables } from '../../support/ledger-tables';

let dynamo: LedgerTables;
beforeAll(async () => {
  dynamo = await LedgerTables.begin();
});
afterAll(() => dynamo.end());

let tables = 0;
const ledgers: [string, () => Promise<Ledger & LedgerScan>][] = [
  ['the ledger in DynamoDB', () => dynamo.create(`ledger-${++tables}`)],
  ['the fake ledger of the tests', async () => new MemoryLedger()],
];

const budget = { tokens: 9, at: 1 };
const END = 1_000_000;
const mine = { versionId: 'mine', proofHash: 'hash of mine', until: 100 };
const theirs = { versionId: 'theirs', proofHash: 'hash of theirs', until: 200 };
const delivery = { generation: 1, fence: 5, deliveredAt: 6, budget: { tokens: 8, at: 6 } };
/** The row as it was seen, with a claim. */
const held = (claim: Claim, seen?: History) => ({ generation: 0, budget, ...seen, claim });

describe.each(ledgers)('%s', (_, make) => {
  const rowOf = async (ledger: Ledger) => (await ledger.read('t')).source;

  it('GIVEN no row WHEN two claim it THEN the first wins', async () => {
    const ledger = await make();
    expect(await ledger.claim('t', 'source', undefined, held(mine), END)).toBe(true);
    expect(await ledger.claim('t', 'source', undefined, held(theirs), END)).toBe(false);
    expect(await rowOf(ledger)).toMatchObject({ generation: 0, claim: mine, budget });
  });

  it('GIVEN an expired claim that both saw WHEN two take it over THEN the first wins', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held({ versionId: 'dead', proofHash: 'h', until: 1 }), END);
    const seen = await rowOf(ledger);
    expect(await ledger.claim('t', 'source', seen, held(mine, seen), END)).toBe(true);
    expect(await ledger.claim('t', 'source', seen, held(theirs, seen), END)).toBe(false);
  });

  it('GIVEN a claim WHEN its owner commits THEN the row holds the delivery and no claim', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held(mine), END);
    expect(await ledger.commit('t', 'source', mine, delivery)).toBe(true);
    expect(await rowOf(ledger)).toEqual({ ...delivery, versionId: 'mine', proofHash: 'hash of mine', claim: undefined, refusal: undefined });
  });

  it('GIVEN proofs that may count WHEN a row is written THEN they are kept, until a delivery names others', async () => {
    const ledger = await make();
    const doubtful = { generation: 0, proofHash: 'h', formerProofs: [{ hash: 'former', since: 3 }] };
    await ledger.claim('t', 'source', undefined, { ...doubtful, claim: { ...mine, from: 4 } }, END);
    expect(await rowOf(ledger)).toMatchObject({ ...doubtful, claim: { ...mine, from: 4 } });
    await ledger.commit('t', 'source', mine, { ...delivery, formerProofs: [{ hash: 'h', since: 4 }] });
    const seen = await rowOf(ledger);
    expect(seen).toMatchObject({ proofHash: 'hash of mine', formerProofs: [{ hash: 'h', since: 4 }] });
    await ledger.claim('t', 'source', seen, held(theirs, seen), END);
    await ledger.commit('t', 'source', theirs, { ...delivery, formerProofs: undefined });
    expect((await rowOf(ledger))?.formerProofs).toBeUndefined();
  });

  it('GIVEN a claim was taken over WHEN the old owner commits, releases or removes THEN nothing changes', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.claim('t', 'source', await rowOf(ledger), held(theirs, await rowOf(ledger)), END);
    const before = await rowOf(ledger);
    expect(await ledger.commit('t', 'source', mine, delivery)).toBe(false);
    await ledger.release('t', 'source', mine);
    await ledger.remove('t', 'source', mine);
    expect(await rowOf(ledger)).toEqual(before);
  });

  it('GIVEN a rotation was committed since WHEN somebody claims what he saw before THEN he loses', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.release('t', 'source', mine);
    const seen = await rowOf(ledger);
    await ledger.claim('t', 'source', seen, held(mine, seen), END);
    await ledger.commit('t', 'source', mine, delivery);
    expect(await ledger.claim('t', 'source', seen, held(theirs, seen), END)).toBe(false);
  });

  it('GIVEN a claim WHEN it is released THEN the row says what it said, without it', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.release('t', 'source', mine);
    expect(await rowOf(ledger)).toEqual({ generation: 0, budget, claim: undefined });
  });

  it('GIVEN a claim WHEN it is released over a refusal THEN that is written down until the next commit', async () => {
    const ledger = await make();
    const refusal = { times: 2, until: 7 };
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.release('t', 'source', mine, refusal);
    expect((await rowOf(ledger))?.refusal).toEqual(refusal);
    await ledger.claim('t', 'source', await rowOf(ledger), held(theirs, await rowOf(ledger)), END);
    await ledger.commit('t', 'source', theirs, delivery);
    expect((await rowOf(ledger))?.refusal).toBeUndefined();
  });

  it('GIVEN a dead owner whose delivery was found WHEN somebody claims THEN the row is brought up to date', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, { ...held(theirs), fence: 1, refusal: { times: 1, until: 1 } }, END);
    const truth = { generation: 1, versionId: 'theirs', proofHash: 'hash of theirs', deliveredAt: 2, budget };
    expect(await ledger.claim('t', 'source', await rowOf(ledger), { ...truth, claim: mine }, END)).toBe(true);
    expect(await rowOf(ledger)).toEqual({ ...truth, claim: mine });
  });

  describe('GIVEN a delivered token WHEN somebody claims by a proof', () => {
    const delivered = async () => {
      const ledger = await make();
      await ledger.claim('t', 'source', undefined, held(mine), END);
      await ledger.commit('t', 'source', mine, { ...delivery, requests: { tokens: 1, at: 1 } });
      return { ledger, row: await rowOf(ledger) };
    };

    it('THEN the right one wins, and is told what the row says', async () => {
      const { ledger, row } = await delivered();
      expect(row?.requests).toEqual({ tokens: 1, at: 1 });
      expect(await ledger.claimByProof('t', 'source', 'hash of mine', theirs)).toEqual(row);
      expect(await rowOf(ledger)).toEqual({ ...row, claim: theirs });
    });
    it('THEN a wrong one loses', async () => {
      const { ledger, row } = await delivered();
      expect(await ledger.claimByProof('t', 'source', 'hash of another', theirs)).toBeUndefined();
      expect(await rowOf(ledger)).toEqual(row);
    });
    it('THEN it loses to whoever holds the claim', async () => {
      const { ledger, row } = await delivered();
      await ledger.claim('t', 'source', row, held(theirs, row), END);
      expect(await ledger.claimByProof('t', 'source', 'hash of mine', { ...mine, versionId: 'third' })).toBeUndefined();
    });
    it('THEN it loses where there is no row', async () => {
      const { ledger } = await delivered();
      expect(await ledger.claimByProof('unknown', 'source', 'hash of mine', theirs)).toBeUndefined();
      expect((await ledger.read('unknown')).source).toBeUndefined();
    });
  });

  it('GIVEN rows WHEN one is removed by its claimant THEN the scan shows the other', async () => {
    const ledger = await make();
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.claim('u', 'source', undefined, held(theirs), END);
    await ledger.remove('t', 'source', mine);
    const rows = [];
    for await (const row of ledger.rows()) rows.push(row);
    expect(rows).toMatchObject([{ tunnelId: 'u', side: 'source' }]);
  });
});

describe('the ledger in DynamoDB', () => {
  it('GIVEN an answer that was lost WHEN the SDK repeats the write THEN it still counts as done', async () => {
    const ledger = await dynamo.create('repeats');
    await ledger.claim('t', 'source', undefined, held(mine), END);
    expect(await ledger.claim('t', 'source', undefined, held(mine), END)).toBe(true);
    await ledger.commit('t', 'source', mine, delivery);
    expect(await ledger.commit('t', 'source', mine, delivery)).toBe(true);
  });

  it('GIVEN a claim by proof whose answer was lost WHEN the SDK repeats it THEN it is won, and shows the row without it', async () => {
    const ledger = await dynamo.create('repeated-proofs');
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.commit('t', 'source', mine, delivery);
    const first = await ledger.claimByProof('t', 'source', 'hash of mine', theirs);
    expect(await ledger.claimByProof('t', 'source', 'hash of mine', theirs)).toEqual(first);
  });

  it('GIVEN a commit that the SDK repeats late WHEN somebody has claimed since THEN his claim stands', async () => {
    const ledger = await dynamo.create('late-repeats');
    await ledger.claim('t', 'source', undefined, held(mine), END);
    await ledger.commit('t', 'source', mine, delivery);
    await ledger.claim('t', 'source', (await ledger.read('t')).source, held(theirs, (await ledger.read('t')).source), END);
    expect(await ledger.commit('t', 'source', mine, delivery)).toBe(false);
    expect((await ledger.read('t')).source?.claim).toEqual(theirs);
  });

  it('GIVEN reads and scans THEN each one is consistent: what was written a moment ago is seen', async () => {
    const ledger = await dynamo.create('consistent');
    const asked: unknown[] = [];
    dynamo.client.middlewareStack.add((next, { commandName }) => (args) => {
      if (commandName === 'QueryCommand' || commandName === 'ScanCommand') asked.push((args.input as { ConsistentRead?: boolean }).ConsistentRead);
      return next(args);
    }, { step: 'initialize', name: 'asked' });
    await ledger.read('t');
    for await (const row of ledger.rows()) expect(row).toBeUndefined();
    await ledger.rowTunnels();
    dynamo.client.middlewareStack.remove('asked');
    expect(asked).toEqual([true, true, true]);
  });

  it('GIVEN more rows than DynamoDB gives at once THEN all of them are found', async () => {
    const ledger = await dynamo.create('pages');
    const tunnels = Array.from({ length: 7 }, (_, index) => `t${index}`);
    for (const tunnelId of tunnels) await ledger.claim(tunnelId, 'source', undefined, held(mine), END);
    dynamo.client.middlewareStack.add((next, { commandName }) => (args) => next(commandName === 'ScanCommand' ? { ...args, input: { ...args.input, Limit: 2 } } : args),
      { step: 'initialize', name: 'two at once' });
    const [rows, paged]: [string[], string[]] = [[], []];
    for await (const { tunnelId } of ledger.rows()) rows.push(tunnelId);
    for (let from: string | undefined, first = true; first || from; first = false) {
      const { items, next } = await ledger.rowTunnels(from);
      paged.push(...items);
      from = next;
    }
    dynamo.client.middlewareStack.remove('two at once');
    expect([rows.sort(), paged.sort()]).toEqual([tunnels, tunnels]);
  });

  it('GIVEN a row THEN it tells when it is old news, a day after the tunnel ends, and its schema version', async () => {
    const ledger = await dynamo.create('expiry');
    await ledger.claim('t', 'source', undefined, held(mine), END);
    const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: 'expiry', Key: marshall({ tunnelId: 't', side: 'source' }) }));
    expect(unmarshall(Item ?? {})).toMatchObject({ expiresAt: 1_000 + 86_400, schemaVersion: 1 });
  });
});

it('GIVEN a row that somebody edited THEN its reader says so by name, and a scan still tells whose it is', async () => {
  const item = { tunnelId: { S: 't' }, side: { S: 'source' }, generation: { S: 'many' } };
  const client = { send: async () => ({ Items: [item] }) } as unknown as DynamoDBClient;
  await expect(new DynamoLedger(client, 'rows').read('t')).rejects.toMatchObject({ call: 'DynamoDB.Query', code: 'UnreadableRow', withoutEffect: true });
  await expect(new DynamoLedger(client, 'rows').rowTunnels()).resolves.toEqual({ items: ['t'], next: undefined });
});
