import { DependencyError } from '../lambda/domain/errors';
import { hashOf } from '../lambda/proof';
import { Rechecks } from '../lambda/rotator/rechecks';
import { sweep } from '../lambda/sweeper/sweep';
import { SIDES, type Claim, type Observation, type Side } from '../lambda/domain/vocabulary';
import { pretendWithoutEffect, shownHistory, withClaims, type Mutant } from './mutant';

/** Bugs that hurt a healthy connection, leave something behind or let a secret out. */
export const SAFETY_MUTANTS: readonly Mutant[] = [
  {
    bug: 'The fence is what the service showed when we decided.',
    breaks: [2, 3],
    wrap: ({ tunnels, ...ports }) => {
      let shown = 0;
      return {
        ...ports,
        tunnels: {
          observe: async (id) => {
            const observation = await tunnels.observe(id);
            if (observation.kind === 'open') shown = observation.source.lastUpdatedAt ?? 0;
            return observation;
          },
          rotate: async (...request) => ({ ...await tunnels.rotate(...request), fence: shown }),
        },
      };
    },
  },
  {
    bug: 'There is no claim: everybody gets one.',
    breaks: [2, 3, 4, 5],
    wrap: ({ ledger, ...ports }) => {
      const take = async (id: string, side: Side, claim: Claim) => {
        const row = (await ledger.read(id))[side];
        return ledger.claim(id, side, row, { ...row, generation: row?.generation ?? 0, claim }, claim.until);
      };
      return {
        ...ports,
        ledger: {
          ...ledger,
          claim: async (id, side, _seen, { claim }) => take(id, side, claim),
          commit: async (id, side, claim, delivery) => await take(id, side, claim) && ledger.commit(id, side, claim, delivery),
        },
      };
    },
  },
  {
    bug: 'A claim outlives its owner for ever.',
    breaks: [1, 4, 6, 9],
    wrap: (ports) => withClaims(ports, (claim) => ({ ...claim, until: Number.MAX_SAFE_INTEGER })),
  },
  {
    bug: 'A claim expires while its owner lives.',
    breaks: [2, 3, 4],
    wrap: (ports) => withClaims(ports, (claim) => ({ ...claim, until: ports.clock.now() + 1_000 })),
  },
  {
    bug: 'A claim ends with its owner\'s deadline, without a margin for requests in flight.',
    breaks: [2, 3, 4],
    wrap: (ports) => withClaims(ports, (claim) => ({ ...claim, until: claim.until - 5_000 })),
  },
  {
    bug: 'A claim outlives its owner by 3.5 s only.',
    breaks: [2, 3, 4],
    wrap: (ports) => withClaims(ports, (claim) => ({ ...claim, until: claim.until - 1_500 })),
  },
  {
    bug: 'A proof of the row\'s version is believed while an expired claim stands.',
    breaks: [2, 3, 5, 9],
    wrap: (ports) => shownHistory(ports, (history) => (history.claim && history.claim.until < ports.clock.now() ? { ...history, claim: undefined } : history)),
  },
  { bug: 'No grace is given.', breaks: [12], policy: { grace: 0 } },
  { bug: 'Tunnels out of scope are served.', breaks: [14], policy: { scope: {} } },
  { bug: 'A side that is not served is rotated.', breaks: [14], policy: { sides: ['source', 'destination'] } },
  {
    bug: 'Whenever one side drops, both are rotated.',
    breaks: [2, 3, 14],
    wrap: ({ tunnels, ...ports }) => ({ ...ports, tunnels: { ...tunnels, rotate: (id, _sides, ...rest) => tunnels.rotate(id, SIDES, ...rest) } }),
  },
  {
    bug: 'A request rotates a token that lies there unused.',
    breaks: [3, 9],
    wrap: (ports, { kind }) => shownHistory(ports, (history) => (kind === 'token-request' ? { ...history, versionId: undefined } : history)),
  },
  { bug: 'There is no settle.', breaks: [2, 3], policy: { settle: 0 } },
  {
    bug: 'There is no second look.',
    breaks: [2],
    wrap: ({ tunnels, ...ports }) => {
      let first: Promise<Observation> | undefined;
      let rotated = false;
      return {
        ...ports,
        tunnels: {
          observe: (id) => (rotated ? tunnels.observe(id) : first ??= tunnels.observe(id)),
          rotate: (id, sides, destination) => {
            rotated = true;
            return tunnels.rotate(id, sides, destination);
          },
        },
      };
    },
  },
  {
    bug: 'Commit comes before deliver.',
    breaks: [1, 3, 4, 9],
    wrap: ({ tunnels, ledger, vault, ...ports }) => {
      let fence = 0;
      let held: Claim | undefined;
      return {
        ...ports,
        tunnels: {
          ...tunnels,
          rotate: async (...request) => {
            const rotation = await tunnels.rotate(...request);
            fence = rotation.fence;
            return rotation;
          },
        },
        ledger: {
          ...ledger,
          claim: (id, side, seen, row, expiresAt) => {
            held = row.claim;
            return ledger.claim(id, side, seen, row, expiresAt);
          },
          claimByProof: (id, side, proofHash, claim) => {
            held = claim;
            return ledger.claimByProof(id, side, proofHash, claim);
          },
        },
        vault: {
          ...vault,
          deliver: async (parcel, versionId, exists) => {
            const { tunnelId, generation } = parcel;
            const now = ports.clock.now();
            if (held) await ledger.commit(tunnelId, 'source', held, { generation, fence, deliveredAt: now, budget: { tokens: 9, at: now } });
            await vault.deliver(parcel, versionId, exists);
          },
        },
      };
    },
  },
  {
    bug: 'A proof is not checked: whatever version a signal names counts as the live one.',
    breaks: [2, 3, 9],
    wrap: (ports, { proof }) => shownHistory(ports, (history) => (proof === undefined ? history : {
      ...history, proofHash: hashOf(proof), claim: history.claim && { ...history.claim, proofHash: hashOf(proof) },
    })),
  },
  { bug: 'A new tunnel gets no tolerance: any timestamp counts as a use.', breaks: [3], policy: { firstUseTolerance: -Infinity } },
  {
    bug: 'An unanswered Rotate gives its claim back at once.',
    breaks: [2, 3, 4, 9],
    wrap: ({ tunnels, ...ports }) => ({
      ...ports, tunnels: { ...tunnels, rotate: (...request) => tunnels.rotate(...request).catch(pretendWithoutEffect) },
    }),
  },
  {
    bug: 'An unanswered delivery gives its claim back at once.',
    breaks: [2, 3, 4, 9],
    wrap: ({ vault, ...ports }) => ({
      ...ports, vault: { ...vault, deliver: (...request) => vault.deliver(...request).catch(pretendWithoutEffect) },
    }),
  },
  { bug: 'There is no budget.', breaks: [5, 6], policy: { budget: { burst: Infinity, refill: 1 } } },
  {
    bug: 'Rechecks are neither counted nor joined, so they never end.',
    breaks: [6],
    wrap: ({ signals, ...ports }) => ({
      ...ports, rechecks: new Rechecks(), signals: { send: (news, delay) => signals.send(!('tunnelId' in news) ? news : { ...news, attempt: 0 }, delay) },
    }),
  },
  {
    bug: 'The sweep looks at open tunnels only, not at the rows of those that are gone.',
    breaks: [6],
    sweep: (ports, ...rest) => sweep({ ...ports, ledger: { ...ports.ledger, rowTunnels: async () => ({ items: [] }) } }, ...rest),
  },
  {
    bug: 'There is no sweep.',
    breaks: [1, 4, 6, 9],
    sweep: () => Promise.resolve({ swept: 0, suspicious: 0, finished: true, oldestLook: 0 }),
  },
  { bug: 'The SDK repeats a Rotate that went unanswered.', breaks: [2, 3, 4], flaw: 'Rotate is repeated' },
  {
    bug: 'A failed delivery quotes the token in its error.',
    breaks: [7],
    wrap: ({ vault, ...ports }) => ({
      ...ports,
      vault: {
        ...vault,
        deliver: (parcel, ...where) => vault.deliver(parcel, ...where).catch((error: DependencyError) => {
          throw new DependencyError(`PutSecretValue of ${parcel.token.reveal()}`, error.kind, error.code, error.withoutEffect);
        }),
      },
    }),
  },
];
