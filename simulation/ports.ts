import type { Page, Signals, TunnelList } from '../lambda/domain/ports';
import type { DependencyError } from '../lambda/domain/errors';
import { announcementOf } from '../lambda/domain/announcement';
import { toMessage } from '../lambda/domain/normalise';
import { Confidential } from '../lib/confidential';
import type { RecoveryPorts } from '../lambda/rotator/context';
import type { Rechecks } from '../lambda/rotator/rechecks';
import type { SweepPorts } from '../lambda/sweeper/sweep';
import { DEPLOYMENT, STALE_BY } from './conditions';
import type { PretendedLedger } from './ledger';
import type { Invocation, Network } from './network';
import { RecoveryStrand } from './recovery-strand';
import type { Strand } from './scheduler';
import type { Device } from './devices';
import type { Client } from './sources';
import type { Stage } from './stage';
import type { Token, Tunnel, Tunneling } from './tunneling';
import type { PretendedVault } from './vault';
import type { Watch } from './watch';

/** The pretended AWS, and the way to it. */
export interface Cloud extends Stage {
  readonly network: Pick<Network, 'call'>;
  readonly tunneling: Tunneling;
  readonly ledger: PretendedLedger;
  readonly vault: PretendedVault;
  readonly watch: Watch;
  readonly sources: ReadonlyMap<number, Client>;
  /** Absent where no destination drops. */
  readonly devices?: ReadonlyMap<number, Pick<Device, 'hears'>>;
  /** @param name tells the message from all others; a recheck is named after the message that it continues */
  enqueue(name: string, body: string, delay: number): void;
  /** A recovery calls somebody about this tunnel. */
  called?(tunnel: Tunnel | undefined): void;
  /** A strand waits without calling anybody. */
  sleep(strand: Strand, delay: number): Promise<void>;
}

/** The ports of one recovery. Whatever it does passes the network, and the invariants look on as it takes effect. */
export function recoveryPorts(world: Cloud, recovery: RecoveryStrand, invocation: Invocation, rechecks: Rechecks): RecoveryPorts {
  const { network, tunneling, ledger, vault, watch } = world;
  const tunnel = recovery.tunnel;
  const call: typeof network.call = (strand, by, operation, about, effect) => {
    if (operation === 'rotate') recovery.callsBeforeRotate = recovery.callsSinceLook;
    else if (operation !== 'observe') recovery.callsSinceLook += 1;
    world.called?.(tunnel);
    return network.call(strand, by, operation, about, effect);
  };
  const tell = world.tell && ((words: string, isMinor = false) => world.tell?.(tunnel?.index, words, { strand: recovery, isMinor }));
  /** A destination's token is on its topic. */
  const published = (token: Token) => {
    tell?.(`publishes ${token.text}`);
    if (tunnel && token.version === undefined) watch.delivered(recovery, tunnel, token.text, token.text, 'destination');
    if (tunnel) world.devices?.get(tunnel.index)?.hears(token);
  };
  return {
    tunnels: {
      observe: (id) => call(recovery, invocation, 'observe', tunnel, () => {
        const lag = lagOf(world, recovery);
        watch.looked(recovery, world.scheduler.now - lag);
        const observation = tunneling.describe(id, lag);
        tell?.(`looks${lag > 0 ? `, ${Math.round(lag)} ms too late` : ''}, ${shown(observation)}`, true);
        return observation;
      }),
      rotate: (id, sides, destination) => call(recovery, invocation, 'rotate', tunnel, () => {
        const hit = Object.fromEntries(sides.flatMap((side) => {
          const link = tunnel?.[side].link;
          return link?.alive ? [[side, link]] : [];
        }));
        tell?.(`Rotate takes effect${sides.includes('destination') ? `, for ${sides.join(' and ')}` : ''}`);
        if (tunnel) watch.rotating(recovery, tunnel, sides);
        const { tokens, fence } = tunneling.rotate(id, sides);
        if (tunnel) watch.rotated(recovery, tunnel, hit, sides);
        if (tunnel && tokens.destination && destination?.thingName !== undefined) published(tokens.destination);
        return { tokens: Object.fromEntries(sides.map((side) => [side, new Confidential(tokens[side]!.text)])), fence };
      }).catch((error: DependencyError) => {
        recovery.refused = error.withoutEffect;
        throw error;
      }),
    },
    ledger: {
      read: (id) => call(recovery, invocation, 'read', tunnel, () => {
        watch.read(recovery);
        return ledger.readAll(id);
      }),
      claim: (id, side, seen, row) => call(recovery, invocation, 'claim', tunnel, () => {
        const won = ledger.claim(id, side, seen, row);
        tell?.(`claims ${row.claim.versionId}: ${won ? 'won' : 'lost'}`);
        if (won && !recovery.claims.includes(row.claim.versionId)) watch.claimed(recovery, row.claim.versionId);
        return won;
      }),
      claimByProof: (id, side, proofHash, claim) => call(recovery, invocation, 'claim', tunnel, () => {
        const row = ledger.claimByProof(id, side, proofHash, claim);
        tell?.(`claims ${claim.versionId} by its proof: ${row ? 'won' : 'lost'}`);
        if (row && !recovery.claims.includes(claim.versionId)) watch.claimed(recovery, claim.versionId);
        return row;
      }),
      release: (id, side, claim, refusal) => call(recovery, invocation, 'release', tunnel, () => {
        tell?.('gives its claim back');
        ledger.release(id, side, claim, refusal);
      }),
      commit: (id, side, claim, delivery) => call(recovery, invocation, 'commit', tunnel, () => {
        const done = ledger.commit(id, side, claim, delivery);
        tell?.(`commits ${claim.versionId}: ${done ? 'done' : 'the claim was lost'}`);
        if (done) recovery.committed.push(side);
        return done;
      }),
      remove: (id, side, claim) => call(recovery, invocation, 'remove', tunnel, () => {
        tell?.('removes the row');
        ledger.remove(id, side, claim);
      }),
    },
    vault: {
      inspect: (id) => call(recovery, invocation, 'inspect', tunnel, () => vault.inspect(id)),
      deliver: (parcel, versionId) => call(recovery, invocation, 'deliver', tunnel, () => {
        const isNew = !vault.secrets.get(parcel.tunnelId)?.versions.has(versionId);
        tell?.(`delivers ${versionId}`);
        vault.put(parcel.tunnelId, versionId, parcel.token.reveal(), world.scheduler.now);
        if (tunnel && isNew) watch.delivered(recovery, tunnel, parcel.token.reveal(), versionId);
      }),
      destroy: (id) => call(recovery, invocation, 'destroy', tunnel, () => {
        tell?.('deletes the secret');
        vault.destroy(id, world.scheduler.now);
      }),
    },
    courier: {
      carry: (_id, token) => call(recovery, invocation, 'carry', tunnel, () => {
        const carried = tunneling.tokens.get(token.reveal());
        if (carried) published(carried);
      }),
    },
    signals: signalPort(world, recovery, invocation),
    announcer: {
      announce: (signal, outcome) => call(recovery, invocation, 'announce', tunnel, () => {
        watch.public(JSON.stringify({ tunnelId: signal.tunnelId, announcement: announcementOf(signal, outcome) }), 'an announcement');
        if (tunnel && outcome.kind === 'rotated') world.sources.get(tunnel.index)?.hears();
      }).catch(() => undefined), // best effort, by contract
    },
    witness: { recovered: () => undefined, joined: () => undefined },
    clock: clockOf(world, invocation),
    rechecks,
  };
}

/** The ports of one sweep. */
export function sweepPorts(world: Cloud, strand: Strand, invocation: Invocation): SweepPorts {
  const { network, tunneling, ledger, scheduler } = world;
  const tunnels: SweepPorts['tunnels'] = {
    observe: (id) => {
      world.watch.paced(strand, 'call');
      return network.call(strand, invocation, 'observe', tunneling.tunnels.get(id), () => tunneling.describe(id, lagOf(world, strand)));
    },
    openTunnels: async (from) => {
      world.watch.paced(strand, 'call');
      return page(await network.call(strand, invocation, 'list', undefined, () => tunneling.openIds()), from);
    },
    refusedPage: () => false,
  };
  const rows: SweepPorts['ledger'] = {
    read: (id) => network.call(strand, invocation, 'read', tunneling.tunnels.get(id), () => ledger.readAll(id)),
    rowTunnels: async (from) => {
      const table = await network.call(strand, invocation, 'scan', undefined, () => [...ledger.table.values()]);
      return page([...new Set(table.map(({ tunnelId }) => tunnelId))], from);
    },
  };
  let next = 0;
  return {
    tunnels,
    ledger: rows,
    signals: signalPort(world, strand, invocation),
    clock: clockOf(world, invocation),
    pace: () => {
      world.watch.paced(strand, 'pace');
      const start = Math.max(scheduler.now, next);
      next = start + 1000 / DEPLOYMENT.sweepCallsPerSecond;
      return world.sleep(strand, start - scheduler.now);
    },
    bookmarks: {
      read: () => network.call(strand, invocation, 'bookmark', undefined, () => ledger.bookmark),
      write: (bookmark) => network.call(strand, invocation, 'bookmark', undefined, () => { ledger.bookmark = bookmark; }),
    },
    seen: new Set(),
    failed: (id, error) => world.watch.public(String(error), `the log line about ${id}`),
  };
}

/** By how much DescribeTunnel's next answer to this strand is stale. */
function lagOf({ chance, tally, conditions: { unknowns: { staleReads } } }: Cloud, { key, calls }: Strand): number {
  if (staleReads === 0) return 0;
  const dice = chance.of(STALE, key, ...calls.values());
  if (!dice.happens(staleReads)) return 0;
  tally.count(tally.events, 'a stale answer');
  return dice.between(0, STALE_BY);
}

const STALE = 11;

/** The ports with which a device's tunnels are looked up when it comes online. */
export function greetPorts(world: Cloud, strand: Strand, invocation: Invocation): { readonly tunnels: TunnelList; readonly signals: Signals } {
  return {
    tunnels: {
      async *openTunnelIds(thingName) {
        yield* await world.network.call(strand, invocation, 'list', undefined, () => world.tunneling.openIdsOf(thingName));
      },
    },
    signals: signalPort(world, strand, invocation),
  };
}

function signalPort(world: Cloud, strand: Strand, invocation: Invocation): Signals {
  return {
    send: (news, delay = 0) => {
      if (!('tunnelId' in news)) {
        return world.network.call(strand, invocation, 'send', undefined, () => world.enqueue(`${strand.name}+`, toMessage(news), delay));
      }
      const tunnel = world.tunneling.tunnels.get(news.tunnelId);
      return world.network.call(strand, invocation, 'send', tunnel, () => {
        const words = `sends a signal (${news.via}, attempt ${news.attempt}), visible in ${(delay / 1000).toFixed(1)} s`;
        world.tell?.(tunnel?.index, words, { strand, isMinor: true });
        world.enqueue(strand instanceof RecoveryStrand ? `${strand.name}+` : `${strand.name}.${tunnel?.index ?? 'x'}`, toMessage(news), delay);
      });
    },
  };
}

const clockOf = ({ scheduler }: Cloud, { skew }: Invocation) => ({ now: () => Math.floor(scheduler.now + skew) });

/** Small, so that a sweep has pages to turn. */
const PAGE = 2;

function page<T>(items: readonly T[], from = '0'): Page<T> {
  const end = Number(from) + PAGE;
  return { items: items.slice(Number(from), end), next: end < items.length ? `${end}` : undefined };
}

function shown(observation: ReturnType<Tunneling['describe']>): string {
  if (observation.kind !== 'open') return observation.kind;
  const { createdAt, source: { status, lastUpdatedAt } } = observation;
  return `${status}${lastUpdatedAt === undefined ? '' : `, changed at ${((lastUpdatedAt - createdAt) / 1000).toFixed(3)} s of its life`}`;
}
