import { DependencyError } from '../lambda/domain/errors';
import type { Signals } from '../lambda/domain/ports';
import type { Signal } from '../lambda/domain/vocabulary';
import type { RecoveryPorts } from '../lambda/rotator/context';
import { Rechecks } from '../lambda/rotator/rechecks';
import { recover } from '../lambda/rotator/recovery';
import { sweep } from '../lambda/sweeper/sweep';
import { shownHistory, type Mutant } from './mutant';

const MINUTE = 60_000;

/** Bugs that hurt nobody: they only let a source wait. */
export const LIVENESS_MUTANTS: readonly Mutant[] = [
  {
    bug: 'Only the sweep is heard.',
    breaks: [9],
    recover: async (signal, ...rest) => (signal.via === 'sweep' ? recover(signal, ...rest) : []),
  },
  {
    bug: 'Proofs are never believed.',
    breaks: [9],
    recover: (signal, ...rest) => recover({ ...signal, proof: undefined }, ...rest),
  },
  {
    bug: 'A proof waits for a minute.',
    breaks: [9],
    recover: async (signal, ports, ...rest) => {
      if (signal.proof === undefined || signal.attempt > 0) return recover(signal, ports, ...rest);
      await ports.signals.send({ ...signal, attempt: 1 }, MINUTE);
      return [];
    },
  },
  { bug: 'Nothing is looked at again.', breaks: [6, 9], wrap: (ports) => sending(ports, async () => undefined) },
  { bug: 'What is looked at again is looked at at once.', breaks: [6, 9], wrap: (ports) => sending(ports, (send, signal) => send(signal)) },
  {
    bug: 'A recheck forgets the proof.',
    breaks: [9],
    wrap: (ports) => sending(ports, (send, signal, delay) => send({ ...signal, proof: undefined }, delay)),
  },
  {
    bug: 'A rotation costs three tokens of the budget.',
    breaks: [9, 11],
    wrap: ({ ledger, ...ports }) => ({
      ...ports,
      ledger: {
        ...ledger,
        commit: (id, side, claim, { budget, ...delivery }) =>
          ledger.commit(id, side, claim, { ...delivery, budget: { ...budget, tokens: budget.tokens - 2 } }),
      },
    }),
  },
  {
    bug: 'A Rotate that was refused keeps its claim.',
    breaks: [10],
    wrap: ({ tunnels, ...ports }) => ({
      ...ports, tunnels: { ...tunnels, rotate: (...request) => tunnels.rotate(...request).catch(pretendUnanswered) },
    }),
  },
  {
    bug: 'After a rotation that died, the row\'s own proof is worth nothing.',
    breaks: [9],
    wrap: (ports) => shownHistory(ports, (history) => (
      history.claim && history.claim.until < ports.clock.now() ? { ...history, proofHash: undefined } : history)),
  },
  {
    bug: 'The sweep forgets a row\'s other side.',
    breaks: [6],
    sweep: ({ ledger, ...ports }, ...rest) => sweep({
      ...ports, ledger: { ...ledger, read: async (id) => ({ source: (await ledger.read(id)).source }) },
    }, ...rest),
  },
  {
    bug: 'A destination token that was not heard is never made again.',
    breaks: [1, 9],
    recover: (signal, ...rest) => recover(signal.sides.includes('destination') && signal.kind === 'drop' ? { ...signal, since: 0 } : signal, ...rest),
  },
  {
    bug: 'Grace is waited for ten minutes longer than it was set.',
    breaks: [1, 9],
    wrap: ({ tunnels, ...ports }) => ({
      ...ports,
      tunnels: {
        ...tunnels,
        observe: async (id) => {
          const observation = await tunnels.observe(id);
          return observation.kind === 'open' ? { ...observation, at: observation.at - 10 * MINUTE } : observation;
        },
      },
    }),
  },
  { bug: 'Nobody joins anybody\'s look.', breaks: [6, 13], wrap: (ports) => ({ ...ports, rechecks: new Rechecks() }) },
  {
    bug: 'The claim is kept when the tunnel ends in mid-rotation.',
    breaks: [10],
    wrap: ({ tunnels, ledger, ...ports }) => {
      let ended = false;
      return {
        ...ports,
        tunnels: {
          observe: async (id) => {
            const observation = await tunnels.observe(id);
            ended = observation.kind !== 'open';
            return observation;
          },
          rotate: (...request) => tunnels.rotate(...request).catch((error: DependencyError) => {
            ended ||= error.code === 'ResourceNotFoundException';
            throw error;
          }),
        },
        ledger: { ...ledger, release: async (...request) => (ended ? undefined : ledger.release(...request)) },
      };
    },
  },
];

function sending(ports: RecoveryPorts, change: (send: Signals['send'], signal: Signal, delay?: number) => Promise<void>): RecoveryPorts {
  const { signals } = ports;
  return {
    ...ports,
    signals: { send: (news, delay) => (!('tunnelId' in news) ? signals.send(news, delay) : change((...to) => signals.send(...to), news, delay)) },
  };
}

function pretendUnanswered(error: unknown): never {
  if (!(error instanceof DependencyError)) throw error;
  throw new DependencyError(error.call, error.kind, error.code, false);
}
