import type { DynamoLedger } from '../../lambda/adapters/dynamo-ledger';
import type { History } from '../../lambda/domain/vocabulary';
import { Chance } from '../../simulation/chance';
import { PretendedLedger } from '../../simulation/ledger';
import { LedgerTables } from '../support/ledger-tables';

let dynamo: LedgerTables;
beforeAll(async () => {
  dynamo = await LedgerTables.begin();
});
afterAll(() => dynamo.end());

describe('the pretended ledger', () => {
  it('GIVEN any order of writes, repeated and belated ones as well, THEN it answers as DynamoDB does', async () => {
    const real = await dynamo.create('ledger');
    const pretended = new PretendedLedger(() => undefined);
    const dice = new Chance(1);
    const claims = Array.from({ length: 4 }, (_, index) => ({ versionId: `version-${index}`, proofHash: `hash-${index}`, until: index }));
    const seen: (History | undefined)[] = [undefined];
    const tunnels = ['t', 'u'];

    for (let step = 0; step < 600; step++) {
      const id = dice.pick(tunnels);
      const claim = dice.pick(claims);
      const before = dice.pick(seen);
      const budget = dice.happens(0.5) ? { tokens: dice.below(10), at: step } : undefined;
      const delivery = { generation: dice.below(3), fence: step, deliveredAt: step, budget: { tokens: 1, at: step }, requests: budget };
      const shown = dice.pick(claims).proofHash;
      const refusal = dice.happens(0.5) ? { times: 1, until: step } : undefined;
      type Write = (ledger: DynamoLedger | PretendedLedger) => unknown;
      const write = dice.pick<Write>([
        (ledger) => ledger.claim(id, 'source', before, { ...before, generation: before?.generation ?? 0, budget, claim }, 1),
        async (ledger) => defined(await ledger.claimByProof(id, 'source', shown, claim)),
        (ledger) => ledger.release(id, 'source', claim, refusal),
        (ledger) => ledger.commit(id, 'source', claim, delivery),
        (ledger) => ledger.remove(id, 'source', claim),
      ]);
      const [answer, pretendedAnswer] = [await write(real), await write(pretended)];
      const rows = [(await real.read(id)).source, pretended.read(id, 'source')];
      expect([step, pretendedAnswer, defined(rows[1])]).toEqual([step, answer, defined(rows[0])]);
      seen.splice(0, Math.max(0, seen.length - 6));
      seen.push(rows[0], undefined);
    }
  });
});

/** Attributes that are undefined and those that are absent are the same to DynamoDB. */
const defined = (history: History | undefined) => history && JSON.parse(JSON.stringify(history));
