import { claimedByAnother, takeClaim } from './claims';
import { decideSide, gather, type Context, type Results } from './context';
import { DependencyError } from '../domain/errors';
import type { Tokens } from '../domain/ports';
import type { Budget, Claim, DestinationConfig, Episode, Observation, OpenTunnel, Outcome, Side } from '../domain/vocabulary';

/** A side that is to be rotated, and why. */
export interface Plan {
  readonly side: Side;
  readonly episode: Episode;
}

interface Claimed extends Plan {
  readonly claim: Claim;
  /** Puts the row back as it was before the claim, but for the budget; `inDoubt`, the claim stays until it expires. */
  giveBack(budget: Budget | undefined, inDoubt?: boolean): Promise<void>;
}

/** claim -> (look again) -> rotate -> deliver -> commit, for one side, or for both with one call. */
export async function rotate(plans: readonly Plan[], observation: Observation, context: Context): Promise<Results> {
  if (plans.length === 0 || observation.kind !== 'open') return { outcomes: [], failures: [] };
  const held: Outcome[] = [];
  const claimed = await claimAll(plans, held, observation, context);
  const confirmed = await lookAgain(claimed, held, context);
  if (confirmed.length === 0) return { outcomes: held, failures: [] };

  const { tokens, tunnel } = await rotateAndFence(confirmed, observation, context);
  if (!tunnel) return { outcomes: [...held, ...confirmed.map(({ side }) => tunnelEnded(side))], failures: [] };

  const delivered = await gather(confirmed.map((side) => deliverAndCommit(side, tokens, tunnel, context)));
  return { ...delivered, outcomes: [...held, ...delivered.outcomes] };
}

async function claimAll(plans: readonly Plan[], held: Outcome[], tunnel: OpenTunnel, context: Context): Promise<Claimed[]> {
  const claimed: Claimed[] = [];
  try {
    for (const plan of plans) {
      const side = await claimSide(plan, tunnel, context);
      if (side) claimed.push(side);
      else held.push(claimedByAnother(plan.side, context));
    }
    return claimed;
  } catch (error) {
    return giveAllBack(claimed, unpaid(context), error);
  }
}

async function claimSide(plan: Plan, { expiresAt }: OpenTunnel, context: Context): Promise<Claimed | undefined> {
  const { side, episode } = plan;
  const { signal: { tunnelId }, histories, ports: { ledger } } = context;
  const claim = await takeClaim(side, context, { budget: episode.budget, expiresAt });
  return claim && {
    ...plan,
    claim,
    giveBack: (budget, inDoubt = false) => ledger.release(tunnelId, side, claim, { claim: inDoubt ? claim : histories[side]?.claim, budget }),
  };
}

/** One call's time before Rotate, whoever has no proof asks the service again; a side that came back gives its claim back. */
async function lookAgain(claimed: readonly Claimed[], held: Outcome[], context: Context): Promise<Claimed[]> {
  const { signal: { tunnelId }, ports: { tunnels } } = context;
  if (claimed.every(({ episode }) => episode.proven)) return [...claimed];
  const tunnel = await tunnels.observe(tunnelId).catch((error) => giveAllBack(claimed, unpaid(context), error));
  const confirmed: Claimed[] = [];
  for (const one of claimed) {
    const again = one.episode.proven ? undefined : decideSide(context, one.side, tunnel);
    if (!again || again.kind === 'rotate') {
      confirmed.push(one);
    } else {
      await unpaid(context)(one);
      held.push(again.kind === 'hold' ? { ...again, kind: 'held', side: one.side } : tunnelEnded(one.side));
    }
  }
  return confirmed;
}

/** Nothing is delivered in here, so wherever it ends, the rows may say again what they said before. The rotation is paid for. */
async function rotateAndFence(
  confirmed: readonly Claimed[], { services, thingName }: OpenTunnel, { signal, ports: { tunnels } }: Context,
): Promise<{ tokens: Tokens; tunnel?: OpenTunnel }> {
  const { tunnelId } = signal;
  const sides = confirmed.map(({ side }) => side);
  const tokens = await tunnels.rotate(tunnelId, sides, sides.includes('destination') ? addressee() : undefined)
    .catch((error) => {
      // A request that went unanswered may still land and revoke what somebody else rotates meanwhile: the claims outlast it.
      if (isWithoutEffect(error)) return giveAllBack(confirmed, paid, error);
      throw error;
    });
  // Before anybody can have the new token: whatever Rotate did to the timestamp is inside the fence.
  const tunnel = await tunnels.observe(tunnelId).catch((error) => giveAllBack(confirmed, paid, error));
  if (tunnel.kind === 'open') return { tokens, tunnel };
  for (const side of confirmed) await paid(side);
  return { tokens };

  /** The tunnel's own configuration goes along, unless the sender named another. */
  function addressee(): DestinationConfig | undefined {
    if (signal.destinationConfig) return signal.destinationConfig;
    return thingName !== undefined || services.length > 0 ? { thingName, services } : undefined;
  }
}

async function deliverAndCommit(claimed: Claimed, tokens: Tokens, tunnel: OpenTunnel, context: Context): Promise<Outcome> {
  const { side, claim, episode: { generation, droppedAt, budget }, giveBack } = claimed;
  const { signal: { tunnelId }, ports: { ledger, clock } } = context;
  try {
    await deliver(claimed, tokens, tunnel, context);
  } catch (error) {
    // A token that may have been delivered keeps its claim, which expires into a mark of doubt. One that certainly was
    // not gives it back, so that the next try need not wait; unless it can't succeed until somebody or some hours help.
    const inDoubt = !isWithoutEffect(error);
    if (isHopeless(error)) await attempt(giveBack({ tokens: 0, at: clock.now() }, inDoubt));
    else if (!inDoubt) await attempt(giveBack(budget));
    throw error;
  }
  const deliveredAt = clock.now();
  const fence = tunnel[side].lastUpdatedAt ?? 0;
  const committed = await ledger.commit(tunnelId, side, claim, { generation, fence, deliveredAt });
  return { kind: 'rotated', side, generation, recoveryTime: Math.max(0, deliveredAt - droppedAt), committed };
}

async function deliver({ side, claim, episode: { generation } }: Claimed, tokens: Tokens, tunnel: OpenTunnel, context: Context): Promise<void> {
  const { signal: { tunnelId, destinationConfig }, ports: { vault, courier } } = context;
  const token = tokens[side];
  if (!token) throw new DependencyError('IoTSecureTunneling.RotateTunnelAccessToken', 'refused', `No${side}TokenInAnswer`, true);
  const { services, thingName, expiresAt } = tunnel;
  if (side === 'source') {
    await vault.deliver({ token, tunnelId, services, thingName, generation, expiresAt }, claim.versionId);
  } else if ((destinationConfig?.thingName ?? thingName) === undefined) {
    await courier.carry(tunnelId, token, destinationConfig?.services ?? services);
  } // else AWS has published it to the thing
}

const isWithoutEffect = (error: unknown) => error instanceof DependencyError && error.withoutEffect;

/** A limit, a missing right, a key that refuses: each further rotation would only burn a token that can't be delivered. */
const isHopeless = (error: unknown) => error instanceof DependencyError && error.kind !== 'unavailable';

/** Nothing was rotated: the row gets its budget back as well. */
const unpaid = ({ histories }: Context) => ({ side, giveBack }: Claimed) => giveBack(histories[side]?.budget);
/** The rotation may have happened. */
const paid = ({ episode, giveBack }: Claimed) => giveBack(episode.budget);

/** A claim that can't be given back expires by itself; the failure that led here is the one to report. */
const attempt = (work: Promise<void>) => work.catch(() => undefined);

async function giveAllBack(claimed: readonly Claimed[], how: (one: Claimed) => Promise<void>, error: unknown): Promise<never> {
  for (const one of claimed) await attempt(how(one));
  throw error;
}

/** It ended while we worked: look again at once and retire it. */
function tunnelEnded(side: Side): Outcome {
  return { kind: 'held', side, reason: 'tunnel-closed', recheckAfter: 0 };
}
