import { decide, DEFAULT_POLICY, type Policy, type Situation } from './domain/decide';
import { DependencyError, OutOfTimeError } from './domain/errors';
import type { Announcer, Clock, Invocation, Ledger, Signals, Tunnels, Vault } from './domain/ports';
import type { SourceToken } from './domain/source-token';
import type { Budget, Claim, Decision, Episode, OpenTunnel, Outcome, RetireReason, Signal } from './domain/vocabulary';

export interface RecoveryPorts {
  readonly tunnels: Tunnels;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly signals: Signals;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** How long after its owner's deadline a claim stands: time for requests that were in flight to land. */
export const CLAIM_MARGIN = 5_000;
/** Work that cannot be finished is not begun: claim to commit takes well under this. */
const LEAST_TIME = 5_000;

/** signal -> observe -> decide -> claim -> (look again) -> rotate -> deliver -> commit -> announce */
export async function recover(
  signal: Signal, ports: RecoveryPorts, invocation: Invocation, policy: Policy = DEFAULT_POLICY,
): Promise<Outcome> {
  const { tunnels, ledger, signals, announcer, clock } = ports;
  const [observation, history] = await Promise.all([
    tunnels.observe(signal.tunnelId),
    ledger.read(signal.tunnelId, signal.side),
  ]);
  const situation = { observation, history, signal, now: clock.now() };
  const outcome = await act(decide(situation, policy), situation, ports, invocation, policy);
  if (outcome.kind === 'held' && outcome.recheckAfter !== undefined) {
    await signals.send({ ...signal, attempt: signal.attempt + 1 }, outcome.recheckAfter);
  }
  await announcer.announce(signal.tunnelId, outcome);
  return outcome;
}

function act(
  decision: Decision, situation: Situation, ports: RecoveryPorts, invocation: Invocation, policy: Policy,
): Promise<Outcome> | Outcome {
  switch (decision.kind) {
    case 'hold': return { ...decision, kind: 'held' };
    case 'retire': return retire(decision.reason, situation, ports, invocation);
    case 'rotate': return rotate(decision.episode, situation, ports, invocation, policy);
  }
}

async function rotate(
  episode: Episode, situation: Situation, ports: RecoveryPorts, invocation: Invocation, policy: Policy,
): Promise<Outcome> {
  const { ledger, vault, clock } = ports;
  const { signal: { tunnelId, side }, history } = situation;

  const claim = await takeClaim(situation, ports, invocation, episode.budget);
  if (!claim) return claimedByAnother(invocation, clock);
  const giveBack = (budget: Budget | undefined) => ledger.release(tunnelId, side, claim, { claim: history?.claim, budget });

  const rotation = await lookAgainAndRotate(episode, situation, ports, policy, giveBack);
  if ('kind' in rotation) return rotation;

  const { token, tunnel } = rotation;
  const { generation, droppedAt } = episode;
  const { services, thingName, expiresAt } = tunnel;
  try {
    await vault.deliver({ token, tunnelId, services, thingName, generation, expiresAt }, claim.versionId);
  } catch (error) {
    // A token that may lie in the secret keeps its claim, which expires into a mark of doubt. One that certainly does
    // not gives it back, so that the next try need not wait.
    if (error instanceof DependencyError && error.withoutEffect) await attempt(giveBack(episode.budget));
    throw error;
  }
  const deliveredAt = clock.now();
  const fence = tunnel.source.lastUpdatedAt ?? 0;
  const committed = await ledger.commit(tunnelId, side, claim, { generation, fence, deliveredAt });
  return { kind: 'rotated', generation, recoveryTime: Math.max(0, deliveredAt - droppedAt), committed };
}

/** Nothing is delivered in here, so however it ends badly, the row may say again what it said before. */
async function lookAgainAndRotate(
  episode: Episode, situation: Situation, { tunnels, clock }: RecoveryPorts, policy: Policy,
  giveBack: (budget: Budget | undefined) => Promise<void>,
): Promise<Outcome | { readonly token: SourceToken; readonly tunnel: OpenTunnel }> {
  const { signal: { tunnelId, side }, history } = situation;
  let budget = history?.budget;
  try {
    if (!episode.proven) {
      const again = decide({ ...situation, observation: await tunnels.observe(tunnelId), now: clock.now() }, policy);
      if (again.kind !== 'rotate') {
        await giveBack(budget);
        return again.kind === 'hold' ? { ...again, kind: 'held' } : tunnelEnded();
      }
    }
    budget = episode.budget; // from here on the rotation may have happened, so it is paid for
    const token = await tunnels.rotate(tunnelId, side);
    // Before anybody can have the new token: whatever Rotate did to the timestamp is inside the fence.
    const tunnel = await tunnels.observe(tunnelId);
    if (tunnel.kind === 'open') return { token, tunnel };
    await giveBack(budget);
    return tunnelEnded();
  } catch (error) {
    await attempt(giveBack(budget));
    throw error;
  }
}

/** The secret first, the row last: a row without a secret is retired again, a secret without a row never would be. */
async function retire(
  reason: RetireReason, situation: Situation, { ledger, vault, clock }: RecoveryPorts, invocation: Invocation,
): Promise<Outcome> {
  const { signal: { tunnelId, side } } = situation;
  const claim = await takeClaim(situation, { ledger, clock }, invocation, situation.history?.budget);
  if (!claim) return claimedByAnother(invocation, clock);
  await vault.destroy(tunnelId, side);
  await ledger.remove(tunnelId, side, claim);
  return { kind: 'retired', reason };
}

async function takeClaim(
  { signal: { tunnelId, side }, history, observation }: Situation, { ledger, clock }: Pick<RecoveryPorts, 'ledger' | 'clock'>,
  invocation: Invocation, budget: Budget | undefined,
): Promise<Claim | undefined> {
  if (invocation.deadline - clock.now() < LEAST_TIME) throw new OutOfTimeError('claim');
  const claim = { versionId: invocation.newVersionId(), until: invocation.deadline + CLAIM_MARGIN };
  const expiresAt = observation.kind === 'open' ? observation.expiresAt : clock.now();
  const won = await ledger.claim(tunnelId, side, history, claim, { budget, expiresAt });
  return won ? claim : undefined;
}

function claimedByAnother(invocation: Invocation, clock: Clock): Outcome {
  return { kind: 'held', reason: 'claimed', recheckAfter: invocation.deadline + CLAIM_MARGIN - clock.now() };
}

/** It ended while we worked: look again at once and retire it. */
function tunnelEnded(): Outcome {
  return { kind: 'held', reason: 'tunnel-closed', recheckAfter: 0 };
}

/** A claim that can't be given back expires by itself; the failure that led here is the one to report. */
const attempt = (work: Promise<void>) => work.catch(() => undefined);
