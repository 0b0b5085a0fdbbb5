import { CLAIM_MARGIN, takeClaim } from './claims';
import type { RecoveryPorts, SideClaim, Sight, Work } from './context';
import { hashOf } from '../proof';
import { advance, shared, underWay, type Lane, type Step } from './lanes';
import { decide } from '../domain/decide';
import { DependencyError } from '../domain/errors';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Invocation, Tokens } from '../domain/ports';
import {
  SIDES, type Decision, type DestinationConfig, type Episode, type OpenTunnel, type Outcome, type RetireReason, type Side, type Signal,
} from '../domain/vocabulary';

/** signal -> observe -> decide -> claim -> (look again) -> rotate -> deliver -> commit -> announce, for one side or for both */
export async function recover(
  signal: Signal, ports: RecoveryPorts, invocation: Invocation, policy: Policy = DEFAULT_POLICY,
): Promise<Outcome[]> {
  const work = { signal, ports, invocation, policy };
  const sight = await observe(work);
  const decided = decideSides(work, sight);
  const claimed = await claimSides(decided, work, sight);
  const confirmed = await lookAgain(claimed, work, sight);
  const rotated = await rotateSides(confirmed, work);
  const delivered = await deliverSides(rotated, work);
  const ended = await commitSides(delivered);
  return conclude(ended, work);
}

async function observe({ signal: { tunnelId }, ports: { tunnels, ledger } }: Work): Promise<Sight> {
  const [observation, histories] = await Promise.all([tunnels.observe(tunnelId), ledger.read(tunnelId)]);
  return { observation, histories };
}

/** The side that nobody spoke of is looked at as well: if both are down, one call heals both. */
function decideSides(work: Work, sight: Sight): Lane<Exclude<Decision, { kind: 'hold' }>>[] {
  const { signal, policy } = work;
  return SIDES.filter((side) => signal.sides.includes(side) || policy.sides.includes(side) || sight.histories[side]).map((side) => {
    const decision = decideSide(side, sight, work);
    return { side, ...(decision.kind === 'hold' ? { outcome: { ...decision, kind: 'held', side } } : { value: decision }) };
  });
}

interface Claimed {
  readonly claim: SideClaim;
  readonly episode: Episode;
  readonly tunnel: OpenTunnel;
}

/** What is to be rotated is claimed and goes on; what is to be retired is claimed and ends here. */
function claimSides(lanes: Lane<Exclude<Decision, { kind: 'hold' }>>[], work: Work, sight: Sight): Promise<Lane<Claimed>[]> {
  const { observation, histories } = sight;
  return advance(lanes, async (side, decision): Promise<Step<Claimed>> => {
    const tunnel = observation.kind === 'open' ? observation : undefined;
    const terms = decision.kind === 'rotate' && tunnel
      ? { budget: decision.episode.budget, expiresAt: tunnel.expiresAt }
      : { budget: histories[side]?.budget, expiresAt: work.ports.clock.now() };
    const claim = await takeClaim(side, work, sight, terms);
    if (!claim) return { outcome: claimedByAnother(side, work) };
    if (decision.kind === 'rotate' && tunnel) return { value: { claim, episode: decision.episode, tunnel } };
    return { outcome: await retire(side, claim, decision.kind === 'retire' ? decision.reason : 'tunnel-closed', work) };
  });
}

/** One call's time before Rotate, whoever has no proof asks the service again; a side that came back gives its claim back. */
function lookAgain(lanes: Lane<Claimed>[], work: Work, { histories }: Sight): Promise<Lane<Claimed>[]> {
  const { signal: { tunnelId }, ports: { tunnels } } = work;
  const look = shared(() => tunnels.observe(tunnelId));
  return advance(lanes, async (side, claimed): Promise<Step<Claimed>> => {
    const { claim, episode } = claimed;
    if (episode.proven) return { value: claimed };
    const observation = await look().catch(async (error: unknown) => {
      await claim.release('unpaid');
      throw error;
    });
    const again = decideSide(side, { observation, histories }, work);
    if (again.kind === 'rotate') return { value: claimed };
    await claim.release('unpaid');
    return { outcome: again.kind === 'hold' ? { ...again, kind: 'held', side } : tunnelEnded(side) };
  });
}

interface Rotated extends Claimed {
  readonly tokens: Tokens;
}

/**
 * Rotates all sides with one call, and reads the fence before anybody can have the new tokens: whatever Rotate did to the
 * timestamp is inside. Nothing is delivered in here, so wherever it ends, the rows may say again what they said before.
 */
function rotateSides(lanes: Lane<Claimed>[], { signal, ports: { tunnels } }: Work): Promise<Lane<Rotated>[]> {
  const { tunnelId } = signal;
  const sides = underWay(lanes).map(({ side }) => side);
  const rotate = shared((tunnel: OpenTunnel) => tunnels.rotate(tunnelId, sides, sides.includes('destination') ? addressee(signal, tunnel) : undefined));
  const look = shared(() => tunnels.observe(tunnelId));
  return advance(lanes, async (side, { claim, episode, tunnel: before }): Promise<Step<Rotated>> => {
    const tokens = await rotate(before).catch(async (error: unknown) => {
      // A request that went unanswered may still land and revoke what somebody else rotates meanwhile: its claim outlasts it.
      if (isWithoutEffect(error)) await claim.release('paid');
      else claim.leave();
      throw error;
    });
    const tunnel = await look().catch(async (error: unknown) => {
      await claim.release('paid');
      throw error;
    });
    if (tunnel.kind === 'open') return { value: { claim, episode, tunnel, tokens } };
    await claim.release('paid');
    return { outcome: tunnelEnded(side) };
  });
}

/** The tunnel's own configuration goes along, unless the sender named another. */
function addressee({ destinationConfig }: Signal, { services, thingName }: OpenTunnel): DestinationConfig | undefined {
  if (destinationConfig) return destinationConfig;
  return thingName !== undefined || services.length > 0 ? { thingName, services } : undefined;
}

interface Delivered extends Rotated {
  readonly deliveredAt: number;
}

function deliverSides(lanes: Lane<Rotated>[], work: Work): Promise<Lane<Delivered>[]> {
  return advance(lanes, async (side, rotated): Promise<Step<Delivered>> => {
    try {
      await deliver(side, rotated, work);
    } catch (error) {
      // A token that may have been delivered keeps its claim, which expires into a mark of doubt. One that certainly was
      // not gives it back, so that the next try need not wait; unless it can't succeed until somebody or some hours help.
      const { claim } = rotated;
      const inDoubt = !isWithoutEffect(error);
      if (isHopeless(error)) await claim.exhaust(inDoubt);
      else if (inDoubt) claim.leave();
      else await claim.release('paid');
      throw error;
    }
    return { value: { ...rotated, deliveredAt: work.ports.clock.now() } };
  });
}

async function deliver(side: Side, { claim, episode: { generation }, tokens, tunnel }: Rotated, work: Work): Promise<void> {
  const { signal: { tunnelId, destinationConfig }, ports: { vault, courier } } = work;
  const token = tokens[side];
  if (!token) throw new DependencyError('IoTSecureTunneling.RotateTunnelAccessToken', 'refused', `No${side}TokenInAnswer`, true);
  const { services, thingName, expiresAt } = tunnel;
  if (side === 'source') {
    await vault.deliver({ token, proof: claim.proof, tunnelId, services, thingName, generation, expiresAt }, claim.versionId);
  } else if ((destinationConfig?.thingName ?? thingName) === undefined) {
    await courier.carry(tunnelId, token, destinationConfig?.services ?? services);
  } // else AWS has published it to the thing
}

function commitSides(lanes: Lane<Delivered>[]): Promise<Lane<never>[]> {
  return advance(lanes, async (side, { claim, episode: { generation, droppedAt }, tunnel, deliveredAt }): Promise<Step<never>> => {
    const committed = await claim.commit({ generation, fence: tunnel[side].lastUpdatedAt ?? 0, deliveredAt });
    return { outcome: { kind: 'rotated', side, generation, recoveryTime: Math.max(0, deliveredAt - droppedAt), committed } };
  });
}

/** Looks again later where that helps, tells the world, and reports the first failure. */
async function conclude(lanes: Lane<never>[], work: Work): Promise<Outcome[]> {
  const { signal, ports: { announcer } } = work;
  const outcomes = lanes.flatMap((lane) => ('outcome' in lane ? [lane.outcome] : []))
    .filter((outcome) => outcome.kind !== 'held' || signal.sides.includes(outcome.side));
  await recheck(outcomes, work);
  for (const outcome of outcomes) await announcer.announce(signal, outcome);
  for (const lane of lanes) if ('failure' in lane) throw lane.failure;
  return outcomes;
}

/** The signal comes back for the sides that are still open. */
async function recheck(outcomes: readonly Outcome[], { signal, ports: { signals } }: Work): Promise<void> {
  const open = outcomes.flatMap((outcome) => (outcome.kind === 'held' && outcome.recheckAfter !== undefined
    ? [{ side: outcome.side, delay: outcome.recheckAfter }] : []));
  if (open.length === 0) return;
  const sides = open.map(({ side }) => side);
  const destinationConfig = sides.includes('destination') ? signal.destinationConfig : undefined;
  await signals.send({ ...signal, sides, destinationConfig, attempt: signal.attempt + 1 }, Math.min(...open.map(({ delay }) => delay)));
}

/** The secret first, the row last: a row without a secret is retired again, a secret without a row never would be. */
async function retire(side: Side, claim: SideClaim, reason: RetireReason, { signal: { tunnelId }, ports: { vault } }: Work): Promise<Outcome> {
  if (side === 'source') await vault.destroy(tunnelId);
  await claim.remove();
  return { kind: 'retired', side, reason };
}

function decideSide(side: Side, { observation, histories }: Sight, { signal, ports: { clock }, policy }: Work): Decision {
  return decide({ side, observation, history: histories[side], signal, proofHash: signal.proof && hashOf(signal.proof), now: clock.now() }, policy);
}

function claimedByAnother(side: Side, { invocation, ports: { clock } }: Work): Outcome {
  return { kind: 'held', side, reason: 'claimed', recheckAfter: invocation.deadline + CLAIM_MARGIN - clock.now() };
}

/** It ended while we worked: look again at once and retire it. */
const tunnelEnded = (side: Side): Outcome => ({ kind: 'held', side, reason: 'tunnel-closed', recheckAfter: 0 });

const isWithoutEffect = (error: unknown) => error instanceof DependencyError && error.withoutEffect;

/** A limit, a missing right, a key that refuses: each further rotation would only burn a token that can't be delivered. */
const isHopeless = (error: unknown) => error instanceof DependencyError && error.kind !== 'unavailable';
