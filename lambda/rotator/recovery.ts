import { isAnswered } from './answered';
import { CLAIM_MARGIN, claimByProof, takeClaim } from './claims';
import type { RecoveryPorts, SideClaim, Sight, Work } from './context';
import { advance, shared, underWay, type Lane, type Step } from './lanes';
import { decide } from '../domain/decide';
import { DependencyError } from '../domain/errors';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Invocation, Rotation } from '../domain/ports';
import { reconcile } from '../domain/reconcile';
import {
  SIDES, type Decision, type DestinationConfig, type Episode, type Observation, type OpenTunnel, type Outcome, type RetireReason, type Side, type Signal,
} from '../domain/vocabulary';
import { hashOf } from '../proof';

/** signal -> observe -> decide -> claim, and look again -> rotate -> deliver -> commit, and announce; for one side or for both */
export async function recover(
  signal: Signal, ports: RecoveryPorts, invocation: Invocation, policy: Policy = DEFAULT_POLICY,
): Promise<Outcome[]> {
  const work = { signal, proofHash: signal.proof && hashOf(signal.proof), ports, invocation, policy };
  if (await isAnswered(work)) return [];
  const sight = await observe(work);
  const decided = await decideSides(work, sight);
  const confirmed = await claimAndLookAgain(decided, work, sight);
  const rotated = await rotateSides(confirmed, work);
  const delivered = await deliverSides(rotated, work, sight);
  const ended = await commitAndAnnounce(delivered, work);
  return conclude(ended, work);
}

/** The tunnel, the rows and what lies in the secret, all at once; and whoever comes with a proof claims beside it. */
async function observe(work: Work): Promise<Sight> {
  const { signal: { tunnelId }, ports: { tunnels, ledger, vault, clock }, policy } = work;
  const since = clock.now();
  const claiming = claimByProof(work);
  const answers = await Promise.all([tunnels.observe(tunnelId), ledger.read(tunnelId), vault.inspect(tunnelId), claiming]).catch(async (error: unknown) => {
    await (await claiming.catch(() => undefined))?.claim.release();
    throw error;
  });
  const [observation, read, deposit, proven] = answers;
  const rows = proven ? { ...read, source: proven.row } : read;
  const { destination } = rows;
  // A destination's token is kept nowhere, so there is nothing to look up: who died over it leaves no doubt.
  const rested = destination?.claim && destination.claim.until < since ? { ...destination, claim: undefined } : destination;
  const histories = { source: reconcile(rows.source, deposit, since, policy), destination: rested };
  return { observation, rows, histories, deposit, proven: proven?.claim };
}

type Act = Exclude<Decision, { kind: 'hold' }>;

/** The side that nobody spoke of is looked at as well: if both are down, one call heals both. */
function decideSides(work: Work, sight: Sight): Promise<Lane<Act>[]> {
  const { signal, policy } = work;
  const sides = SIDES.filter((side) => signal.sides.includes(side) || policy.sides.includes(side) || sight.histories[side]);
  return advance(sides.map((side) => ({ side, value: undefined })), async (side): Promise<Step<Act>> => {
    const decision = decideSide(side, sight.observation, work, sight);
    if (decision.kind !== 'hold') return { value: decision };
    if (side === 'source' && sight.proven) await sight.proven.release();
    else if (sight.histories[side] !== sight.rows[side]) await writeDown(side, work, sight);
    return { outcome: { ...decision, kind: 'held', side } };
  });
}

/** What was looked up need not be looked up again: the row says it now, unless somebody was faster. */
async function writeDown(side: Side, work: Work, sight: Sight): Promise<void> {
  await (await takeClaim(side, work, sight, expiryOf(sight, work)))?.release();
}

interface Claimed {
  readonly claim: SideClaim;
  readonly episode: Episode;
  readonly tunnel: OpenTunnel;
}

/**
 * What is to be retired ends here. What is to be rotated is claimed, and whoever has no proof asks the service again beside it: one
 * call's time before Rotate. A side that came back gives its claim back.
 */
function claimAndLookAgain(lanes: Lane<Act>[], work: Work, sight: Sight): Promise<Lane<Claimed>[]> {
  const { observation: tunnel, proven } = sight;
  const look = shared(() => work.ports.tunnels.observe(work.signal.tunnelId));
  return advance(lanes, async (side, decision): Promise<Step<Claimed>> => {
    const isRotation = decision.kind === 'rotate' && tunnel.kind === 'open';
    const claiming = side === 'source' && proven ? Promise.resolve(proven)
      : takeClaim(side, work, sight, expiryOf(sight, work));
    const looking = isRotation && !decision.episode.proven ? look() : undefined;
    const [claimed, looked] = await Promise.allSettled([claiming, looking]);
    if (claimed.status === 'rejected') throw claimed.reason;
    const claim = claimed.value;
    if (!claim) return { outcome: claimedByAnother(side, work) };
    if (!isRotation) return { outcome: await retire(side, claim, decision.kind === 'retire' ? decision.reason : 'tunnel-closed', work) };
    if (looked.status === 'rejected') {
      await claim.release();
      throw looked.reason;
    }
    const again = looked.value && decideSide(side, looked.value, work, sight);
    if (!again || again.kind === 'rotate') return { value: { claim, episode: decision.episode, tunnel } };
    await claim.release();
    return { outcome: again.kind === 'hold' ? { ...again, kind: 'held', side } : tunnelEnded(side) };
  });
}

interface Rotated extends Claimed {
  readonly rotation: Rotation;
}

/** Rotates all sides with one call. */
function rotateSides(lanes: Lane<Claimed>[], { signal, ports: { tunnels } }: Work): Promise<Lane<Rotated>[]> {
  const sides = underWay(lanes).map(({ side }) => side);
  const rotate = shared((tunnel: OpenTunnel) => tunnels.rotate(signal.tunnelId, sides, sides.includes('destination') ? addressee(signal, tunnel) : undefined));
  return advance(lanes, async (_side, claimed): Promise<Step<Rotated>> => {
    const rotation = await rotate(claimed.tunnel).catch((error: unknown) => giveUp(claimed.claim, error));
    return { value: { ...claimed, rotation } };
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

function deliverSides(lanes: Lane<Rotated>[], work: Work, sight: Sight): Promise<Lane<Delivered>[]> {
  return advance(lanes, async (side, rotated): Promise<Step<Delivered>> => {
    await deliver(side, rotated, work, sight).catch((error: unknown) => giveUp(rotated.claim, error));
    return { value: { ...rotated, deliveredAt: work.ports.clock.now() } };
  });
}

async function deliver(side: Side, { claim, episode: { generation }, rotation, tunnel }: Rotated, work: Work, { deposit }: Sight): Promise<void> {
  const { signal: { tunnelId, destinationConfig }, ports: { vault, courier } } = work;
  const token = rotation.tokens[side];
  if (!token) throw new DependencyError('IoTSecureTunneling.RotateTunnelAccessToken', 'refused', `No${side}TokenInAnswer`, true);
  const { services, thingName, expiresAt } = tunnel;
  if (side === 'source') {
    const parcel = { token, proof: claim.proof, tunnelId, services, thingName, generation, expiresAt };
    await vault.deliver(parcel, claim.versionId, deposit.versions.length > 0);
  } else if ((destinationConfig?.thingName ?? thingName) === undefined) {
    await courier.carry(tunnelId, token, destinationConfig?.services ?? services);
  } // else AWS has published it to the thing
}

/**
 * A request that went unanswered may still land: it keeps its claim, which outlasts it and marks the doubt. One that was refused gives
 * its claim back, so that the next try need not wait; unless it can't succeed until somebody or some hours help.
 */
async function giveUp(claim: SideClaim, error: unknown): Promise<never> {
  if (!(error instanceof DependencyError && error.withoutEffect)) claim.leave();
  else if (error.kind === 'unavailable') await claim.release();
  else await claim.backOff();
  throw error;
}

/** The token is there, whatever becomes of our books: the world is told beside the commit. */
function commitAndAnnounce(lanes: Lane<Delivered>[], { signal, ports: { announcer, witness } }: Work): Promise<Lane<never>[]> {
  return advance(lanes, async (side, { claim, episode, rotation: { fence }, deliveredAt }): Promise<Step<never>> => {
    const { generation, droppedAt, budget, requests } = episode;
    const recoveryTime = droppedAt === undefined ? undefined : Math.max(0, deliveredAt - droppedAt);
    const outcome = { kind: 'rotated', side, generation, recoveryTime } as const;
    const [commit] = await Promise.allSettled([
      claim.commit({ generation, fence, deliveredAt, budget, requests }),
      announcer.announce(signal, { ...outcome, committed: true }),
    ]);
    const committed = commit.status === 'fulfilled' && commit.value;
    witness.recovered(signal, { ...outcome, committed });
    if (commit.status === 'rejected') throw commit.reason;
    return { outcome: { ...outcome, committed } };
  });
}

/** Looks again later where that helps, counts and tells what came of it, and reports the first failure. */
async function conclude(lanes: Lane<never>[], work: Work): Promise<Outcome[]> {
  const { signal, ports: { announcer, witness } } = work;
  const outcomes = lanes.flatMap((lane) => ('outcome' in lane ? [lane.outcome] : []))
    .filter((outcome) => outcome.kind !== 'held' || signal.sides.includes(outcome.side));
  const failures = lanes.flatMap((lane) => ('failure' in lane ? [lane.failure] : []));
  const news = outcomes.filter(({ kind }) => kind !== 'rotated');
  for (const outcome of news) witness.recovered(signal, outcome);
  await Promise.all([
    recheck(outcomes, work).catch((error: unknown) => failures.push(error)),
    ...news.map((outcome) => announcer.announce(signal, outcome)),
  ]);
  for (const failure of failures) throw failure;
  return outcomes;
}

/** The signal comes back for the sides that are still open. */
async function recheck(outcomes: readonly Outcome[], { signal, ports: { signals, rechecks, clock } }: Work): Promise<void> {
  const now = clock.now();
  const open = outcomes.flatMap((outcome) => (outcome.kind === 'held' && outcome.recheckAfter !== undefined
    ? [{ side: outcome.side, reason: outcome.reason, delay: outcome.recheckAfter }] : []));
  const delay = open.length > 0 ? Math.min(...open.map((one) => one.delay)) : undefined;
  if (delay !== undefined) {
    if (!rechecks.needs(signal, delay, now)) return;
    const sides = open.map(({ side }) => side);
    const destinationConfig = sides.includes('destination') ? signal.destinationConfig : undefined;
    const unknownSince = open.some(({ reason }) => reason === 'unknown-tunnel') ? signal.unknownSince ?? now : undefined;
    await signals.send({ ...signal, sides, destinationConfig, unknownSince, attempt: signal.attempt + 1 }, delay);
  }
  rechecks.found(signal, outcomes, delay, now);
}

/** The secret first, the row last: a row without a secret is retired again, a secret without a row never would be. */
async function retire(side: Side, claim: SideClaim, reason: RetireReason, { signal: { tunnelId }, ports: { vault } }: Work): Promise<Outcome> {
  if (side === 'source') await vault.destroy(tunnelId);
  await claim.remove();
  return { kind: 'retired', side, reason };
}

function decideSide(side: Side, observation: Observation, { signal, proofHash, ports: { clock }, policy }: Work, { histories, deposit }: Sight): Decision {
  return decide({ side, observation, history: histories[side], deposit: side === 'source' ? deposit : undefined, signal, proofHash, now: clock.now() }, policy);
}

const expiryOf = ({ observation }: Sight, { ports: { clock } }: Work): number => (observation.kind === 'open' ? observation.expiresAt : clock.now());

function claimedByAnother(side: Side, { invocation, ports: { clock } }: Work): Outcome {
  return { kind: 'held', side, reason: 'claimed', recheckAfter: invocation.deadline + CLAIM_MARGIN - clock.now() };
}

/** It ended while we worked: look again at once and retire it. */
const tunnelEnded = (side: Side): Outcome => ({ kind: 'held', side, reason: 'tunnel-closed', recheckAfter: 0 });
