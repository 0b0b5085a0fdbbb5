import { claimedByAnother, takeClaim } from './claims';
import { decideSide, gather, type Context, type RecoveryPorts, type Results } from './context';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Invocation } from '../domain/ports';
import { SIDES, type Decision, type Outcome, type RetireReason, type Side, type Signal } from '../domain/vocabulary';
import { rotate } from './rotation';

/** signal -> observe -> decide -> claim -> (look again) -> rotate -> deliver -> commit -> announce */
export async function recover(
  signal: Signal, ports: RecoveryPorts, invocation: Invocation, policy: Policy = DEFAULT_POLICY,
): Promise<Outcome[]> {
  const { tunnelId } = signal;
  const [observation, histories] = await Promise.all([ports.tunnels.observe(tunnelId), ports.ledger.read(tunnelId)]);
  const context: Context = { signal, histories, ports, invocation, policy };

  const decided = sidesToLookAt(context).map((side) => ({ side, decision: decideSide(context, side, observation) }));
  const plans = decided.flatMap(({ side, decision }) => (decision.kind === 'rotate' ? [{ side, episode: decision.episode }] : []));
  const apart = gather(decided.flatMap(({ side, decision }) => (decision.kind === 'rotate' ? [] : [carryOut(side, decision, context)])));
  const together = rotate(plans, observation, context).catch((failure): Results => ({ outcomes: [], failures: [failure] }));
  const results = [await apart, await together];

  const outcomes = results.flatMap((result) => result.outcomes)
    .filter((outcome) => outcome.kind !== 'held' || signal.sides.includes(outcome.side));
  await recheck(outcomes, context);
  for (const outcome of outcomes) await ports.announcer.announce(signal, outcome);
  for (const failure of results.flatMap((result) => result.failures)) throw failure;
  return outcomes;
}

/** The side that nobody spoke of is looked at as well: if both are down, one call heals both. */
function sidesToLookAt({ signal, histories, policy }: Context): Side[] {
  return SIDES.filter((side) => signal.sides.includes(side) || policy.sides.includes(side) || histories[side]);
}

async function carryOut(side: Side, decision: Exclude<Decision, { kind: 'rotate' }>, context: Context): Promise<Outcome> {
  return decision.kind === 'hold' ? { ...decision, kind: 'held', side } : retire(side, decision.reason, context);
}

/** The secret first, the row last: a row without a secret is retired again, a secret without a row never would be. */
async function retire(side: Side, reason: RetireReason, context: Context): Promise<Outcome> {
  const { signal: { tunnelId }, ports: { ledger, vault, clock }, histories } = context;
  const claim = await takeClaim(side, context, { budget: histories[side]?.budget, expiresAt: clock.now() });
  if (!claim) return claimedByAnother(side, context);
  if (side === 'source') await vault.destroy(tunnelId);
  await ledger.remove(tunnelId, side, claim);
  return { kind: 'retired', side, reason };
}

/** The signal comes back for the sides that are still open. */
async function recheck(outcomes: readonly Outcome[], { signal, ports }: Context): Promise<void> {
  const open = outcomes.flatMap((outcome) => (outcome.kind === 'held' && outcome.recheckAfter !== undefined
    ? [{ side: outcome.side, delay: outcome.recheckAfter }] : []));
  if (open.length === 0) return;
  const sides = open.map(({ side }) => side);
  const destinationConfig = sides.includes('destination') ? signal.destinationConfig : undefined;
  await ports.signals.send({ ...signal, sides, destinationConfig, attempt: signal.attempt + 1 }, Math.min(...open.map(({ delay }) => delay)));
}
