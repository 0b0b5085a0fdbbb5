import { PRODUCT, run } from '../../simulation/run';
import type { Subject } from '../../simulation/subject';
import type { RecoveryPorts } from '../../lambda/rotator/context';
import { DependencyError } from '../../lambda/domain/errors';
import type { Confidential } from '../../lib/confidential';
import { WatchedSubject } from '../support/watched-subject';

/** The code that ships, in the simulation, with somebody who reads along at every port. */
async function watched(subject: Subject, drops: number): Promise<WatchedSubject> {
  const watching = new WatchedSubject(subject);
  await run(watching.subject, { seed: 11, drops, mostViolations: Infinity });
  return watching;
}

it('GIVEN the code that ships WHEN sources drop hundreds of times under every fault THEN no token and no proof stands in a row, a message, an announcement, a log line, an outcome or an error', async () => {
  const watching = await watched(PRODUCT, 400);
  expect(watching.leaks).toEqual([]);
  expect(watching.size).toBeGreaterThan(400);
  expect(watching.read).toBeGreaterThan(5_000);
});

/** A bug that lets out the last token or proof that was delivered. */
function leaky(leak: (ports: RecoveryPorts, last: { token?: Confidential; proof?: Confidential }) => Partial<RecoveryPorts>): Subject {
  const last: { token?: Confidential; proof?: Confidential } = {};
  return {
    ...PRODUCT,
    wrap: (ports) => {
      const vault = { ...ports.vault, deliver: (...call: Parameters<typeof ports.vault.deliver>) => { Object.assign(last, call[0]); return ports.vault.deliver(...call); } };
      return { ...ports, vault, ...leak({ ...ports, vault }, last) };
    },
  };
}

const halves = (text: string) => `${text.slice(0, text.length / 2)}\n${text.slice(text.length / 2)}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a leak is found', () => {
  it.each<[string, Parameters<typeof leaky>[0], string]>([
    ['a proof in a row, in base64', ({ ledger }, last) => ({
      ledger: { ...ledger, commit: (id, side, claim, delivery) => ledger.commit(id, side, claim, { ...delivery, note: base64(last.proof!.reveal()) } as typeof delivery) },
    }), 'proof in a row'],
    ['a token in a message, URL-encoded', ({ signals }, last) => ({
      signals: { send: (news, delay) => signals.send(Object.assign({}, news, { note: encodeURIComponent(last.token?.reveal() ?? '') }), delay) },
    }), 'token in a message'],
    ['a token in a log line, split over two lines', ({ witness }, last) => ({
      witness: { ...witness, recovered: (signal, outcome) => witness.recovered(signal, Object.assign({}, outcome, { note: halves(last.token?.reveal() ?? '') })) },
    }), 'token in a log line'],
    ['a token in the cause of an error\'s cause', ({ ledger }, last) => ({
      ledger: {
        ...ledger,
        commit: () => Promise.reject(new DependencyError('DynamoDB.UpdateItem', 'refused', 'X', true, { cause: new Error('no', { cause: Object.assign(new Error('no'), { answer: last.token!.reveal() }) }) })),
      },
    }), 'token in an error'],
    ['a proof in the id of a version', ({ vault }) => ({
      vault: { ...vault, deliver: (parcel, _, exists) => vault.deliver(parcel, parcel.proof.reveal(), exists) },
    }), 'proof in a version id'],
  ])('%s', async (_, leak, place) => {
    expect((await watched(leaky(leak), 60)).leaks).toContain(place);
  });
});
