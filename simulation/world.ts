import { normalise } from '../lambda/domain/normalise';
import type { Policy } from '../lambda/domain/policy';
import type { Side } from '../lambda/domain/vocabulary';
import { Chance, keyOf } from './chance';
import { drawConditions, type Conditions, type Unknowns } from './conditions';
import { Device, drawDeviceTraits } from './devices';
import type { Operation } from './faults';
import { RotatorFunction, SweeperFunction, type Machinery } from './functions';
import { MOST_MESSAGES, MOST_NOISE, type Invariant, type Violation } from './invariants';
import { PretendedLedger } from './ledger';
import { Network } from './network';
import { Noise } from './noise';
import { PretendedQueue, type Message } from './queue';
import { Scheduler, START, type Strand } from './scheduler';
import { drawTraits, Source, type Reach } from './sources';
import { Story, type Tell } from './story';
import { policyOf, type Subject } from './subject';
import { Tally } from './tally';
import { Tunneling, type Tunnel } from './tunneling';
import { PretendedVault } from './vault';
import { Watch, type View } from './watch';
import { Wishes } from './wishes';

/** Which world, and what of it is left out to shorten its story. */
export interface Plan {
  readonly seed: number;
  /** Only these tunnels, by number. */
  readonly tunnels?: ReadonlySet<number>;
  /** Only these faults, by name. */
  readonly faults?: ReadonlySet<string>;
  /** How often one source drops at most. */
  readonly drops?: number;
  /** What of the unknowns was measured. */
  readonly measured?: Partial<Unknowns>;
}

const KEYS = { conditions: 0, network: 1, tunnel: 2, signal: 3, queue: 4, delete: 5, trap: 9, people: 10 };
const MINUTE = 60_000;

/** Everything around the code under test, for one seed; the one place that knows all its parts. `live` makes time pass in it. */
export class World implements View, Reach, Machinery {
  readonly scheduler = new Scheduler();
  readonly chance: Chance;
  readonly conditions: Conditions;
  readonly network: Network;
  readonly watch = new Watch(this);
  readonly tunneling: Tunneling;
  readonly ledger = new PretendedLedger((row) => this.watch.row(row), () => this.subject.flaw === 'a commit erases claims');
  readonly vault = new PretendedVault();
  readonly queue: PretendedQueue;
  readonly sources = new Map<number, Source>();
  readonly devices = new Map<number, Device>();
  readonly policy: Policy;
  readonly story: Story | undefined;
  readonly tell: Tell | undefined;
  /** The faults that struck, by name. */
  readonly struck: string[] = [];
  violation: Violation | undefined;
  isQuiet = false;
  isOver = false;
  private readonly rotators = new RotatorFunction(this);
  private readonly sweepers = new SweeperFunction(this);
  /** The claim with which a tunnel ends, counted down. */
  private readonly claimsLeft = new Map<Tunnel, number>();
  private noise: Noise | undefined;
  private readonly versions = new Map<number, number>();
  /** How many messages of one name were sent. */
  private readonly copies = new Map<string, number>();

  constructor(readonly plan: Plan, readonly subject: Subject, readonly tally: Tally = new Tally(), recorded = false) {
    const { scheduler } = this;
    this.chance = new Chance(plan.seed);
    this.conditions = drawConditions(this.chance.of(KEYS.conditions), plan.measured);
    this.policy = policyOf(subject, this.conditions.policy);
    this.story = recorded ? new Story(() => scheduler.now - START) : undefined;
    this.tell = this.story?.tell;
    this.tunneling = new Tunneling(scheduler, this.conditions.unknowns, this.watch);
    this.queue = new PretendedQueue(scheduler, (message) => this.rotators.arrived(message), (message) => this.buried(message));
    this.network = new Network({
      scheduler, chance: this.chance.of(KEYS.network), conditions: this.conditions, tell: this.tell,
      repeatsRotate: subject.flaw === 'Rotate is repeated',
      strikes: (name, kind, operation) => this.strikes(name, kind, operation), failed: (strand) => this.watch.troubled(strand),
    });
  }

  get isCalm(): boolean {
    const { callFaults, messageFaults } = this.conditions.weather;
    return callFaults === 0 && messageFaults === 0;
  }

  /** There are more messages than this many tunnels can explain. */
  get isSwollen(): boolean {
    const { life: { tunnels, noise } } = this.conditions;
    return this.queue.size > MOST_MESSAGES * tunnels + (noise ? MOST_NOISE : 0);
  }

  begin(): void {
    const { life: { tunnels, storm } } = this.conditions;
    for (let index = 0; index < tunnels; index++) {
      if (this.plan.tunnels && !this.plan.tunnels.has(index)) continue;
      const chance = this.chance.of(KEYS.tunnel, index);
      const opensAfter = index === 0 ? 0 : chance.between(0, storm / 2);
      this.scheduler.after(opensAfter, () => this.openTunnel(index, chance, storm));
    }
    this.sweepers.schedule();
  }

  strikes(name: string, kind: string, operation?: Operation): boolean {
    if (this.isQuiet || (this.plan.faults && !this.plan.faults.has(name))) return false;
    this.struck.push(name);
    this.tally.count(this.tally.faults, kind);
    if (operation) this.tally.count(this.tally.faultsAt, `${kind}, at ${operation}`);
    return true;
  }

  allowsMischief(name: string): boolean {
    if (this.plan.faults && !this.plan.faults.has(name)) return false;
    this.struck.push(name);
    return true;
  }

  post(tunnel: Tunnel, name: string, channel: 'mqtt' | 'eventbridge', tunnelId: string, versionId: string | undefined): void {
    const words = `the source says over ${channel}: ${tunnelId} dropped${versionId ? `, I used ${versionId}` : ''}`;
    this.tell?.(tunnel.index, words, /\.m\d/.test(name) ? { mark: 'fault' } : undefined);
    const body = channel === 'mqtt'
      ? { tunnelId: encodeURIComponent(tunnelId), proof: versionId, via: 'mqtt' }
      : { 'detail-type': 'Tunnel Disconnected', detail: { tunnelId, proof: versionId } };
    this.postRaw(tunnel, name, JSON.stringify(body));
  }

  /** Some tunnels end while somebody is about to rotate them. */
  claimed(tunnel: Tunnel): void {
    const left = (this.claimsLeft.get(tunnel) ?? 0) - 1;
    this.claimsLeft.set(tunnel, left);
    if (left !== 0) return;
    const dice = this.chance.of(KEYS.trap, tunnel.index);
    this.scheduler.after(dice.between(0, 400), () => this.tunneling.end(tunnel, dice.happens(0.5) ? 'closed' : 'vanished'));
  }

  said(tunnel: Tunnel, proof: string | undefined, side?: Side): void {
    this.watch.said(tunnel, proof, side);
  }

  unheard(tunnel: Tunnel): void {
    this.watch.unheard(tunnel);
  }

  disturbed(tunnel: Tunnel): void {
    this.watch.hit(tunnel);
  }

  asksAgain({ index }: Tunnel): boolean {
    const traits = this.sources.get(index)?.traits;
    return traits !== undefined && traits.asksAgain && traits.speaks !== 'not at all';
  }

  called(tunnel: Tunnel | undefined): void {
    this.noise?.called(tunnel);
  }

  /** MQTT at QoS 0 may lose it; both ways may double and delay it. */
  postRaw(tunnel: Tunnel, name: string, body: string): void {
    this.tally.signals += 1;
    const dice = this.chance.of(KEYS.signal, keyOf(name));
    const travel = dice.between(10, 300);
    const bad = dice.happens(this.conditions.weather.messageFaults);
    const drawn = dice.pick(['signal lost', 'signal doubled', 'signal delayed'] as const);
    const fault = bad && this.strikes(name, drawn) ? drawn : undefined;
    if (fault) this.tell?.(tunnel.index, `(${fault})`, { mark: 'fault' });
    if (fault === 'signal lost') return this.watch.unheard(tunnel);
    this.scheduler.after(fault === 'signal delayed' ? dice.between(1_000, 90_000) : travel, () => {
      if (fault === 'signal delayed') this.watch.hit(tunnel);
      this.enqueue(name, body, 0);
    });
    if (fault === 'signal doubled') this.scheduler.after(dice.between(10, 5_000), () => this.enqueue(name, body, 0));
  }

  enqueue(name: string, body: string, delay: number): void {
    this.watch.public(body, 'a message');
    const copies = (this.copies.get(name) ?? 0) + 1;
    this.copies.set(name, copies);
    const message = this.queue.send(copies > 1 ? `${name}x${copies}` : name, body, delay);
    // Where calls hang for 20 s, messages do pile up for a while; where none does, they must not.
    if (this.isCalm && this.isSwollen) this.violate(6, undefined, `the queue holds ${this.queue.size} messages`);
    const dice = this.chance.of(KEYS.queue, message.key);
    if (!dice.happens(this.conditions.weather.messageFaults / 4) || !this.strikes(`${message.name}.twice`, 'message handed out twice')) return;
    this.scheduler.after(delay + dice.between(1, 20_000), () => this.queue.show(message));
  }

  discard(message: Message): void {
    const dice = this.chance.of(KEYS.delete, message.key, message.receives);
    const fails = dice.happens(this.conditions.weather.messageFaults / 4);
    const strikes = fails && this.strikes(`${message.name}.r${message.receives}.delete`, 'message not deleted');
    if (!strikes) this.queue.delete(message);
  }

  newVersionId(tunnel: Tunnel | undefined): string {
    const about = tunnel ? tunnel.index : -1;
    const ordinal = (this.versions.get(about) ?? 0) + 1;
    this.versions.set(about, ordinal);
    return `version-${tunnel ? about : 'x'}-${ordinal}-`.padEnd(36, '0');
  }

  sleep(strand: Strand, delay: number): Promise<void> {
    strand.pending += 1;
    return new Promise((resolve) => this.scheduler.after(delay, () => {
      if (strand.dead) return;
      strand.pending -= 1;
      this.scheduler.resume(strand);
      resolve();
    }));
  }

  violate(invariant: Invariant, tunnel: Tunnel | undefined, words: string): void {
    this.violation ??= { invariant, tunnel: tunnel?.index, at: this.scheduler.now - START, words };
  }

  /** It was tried as often as the queue allows: nobody will hear what it says. */
  private buried({ name, body, sentAt }: Message): void {
    const normalised = normalise(body, sentAt);
    if (!normalised.ok) return;
    const { since } = 'signal' in normalised ? normalised.signal : normalised.presence;
    const tunnel = [...this.tunneling.tunnels.values()].find(({ id, thingName }) => (
      'signal' in normalised ? id === normalised.signal.tunnelId : thingName === normalised.presence.thingName));
    if (!tunnel) return;
    this.tell?.(tunnel.index, `message ${name} becomes a dead letter`, { mark: 'fault' });
    if (!('signal' in normalised)) this.watch.buried(tunnel, ['destination'], since);
    else if (normalised.signal.via !== 'sweep') this.watch.buried(tunnel, normalised.signal.sides, since);
  }

  private openTunnel(index: number, chance: Chance, storm: number): void {
    const { conditions: { life, policy: { sides = ['source'], grace = 0, scope } }, plan: { drops = Infinity } } = this;
    const lifetime = chance.happens(0.2) ? chance.between(2 * MINUTE, storm) : 720 * MINUTE;
    const people = chance.of(KEYS.people);
    const device = sides.includes('destination') && people.happens(0.3) ? undefined : `device-${index}`;
    const thingName = scope && people.happens(0.3) ? `gate-${index}` : device;
    const id = chance.happens(0.3) ? `tunnel:${index}+=_-` : `tunnel-${index}`;
    const tunnel = this.tunneling.open(index, id, Math.floor(lifetime), { thingName });
    this.tally.tunnels += 1;
    this.tell?.(index, `${tunnel.id} opens, of ${thingName ?? 'no thing'}`);
    const traits = drawTraits(chance, life, grace);
    this.tell?.(index, `its source: ${JSON.stringify(traits)}`);
    // One that nobody serves drops once, and asks in vain.
    const mostDrops = (side: Side) => (this.watch.isServed(tunnel, side) ? drops : 1);
    this.sources.set(index, new Source(this, tunnel, chance.of(1), traits, mostDrops('source')));
    if (sides.includes('destination')) {
      const deviceTraits = drawDeviceTraits(people);
      this.tell?.(index, `its device: ${JSON.stringify(deviceTraits)}`);
      this.devices.set(index, new Device(this, tunnel, people.of(1), deviceTraits, mostDrops('destination')));
    }
    if (life.wishes) new Wishes(this, tunnel, people.of(2));
    const { noise } = life;
    if (noise && index === 0) this.scheduler.after(noise.from, () => { this.noise = new Noise(this, tunnel, noise.lasts); });
    if (chance.happens(0.1)) this.claimsLeft.set(tunnel, 1 + chance.below(3));
    if (chance.happens(0.15)) {
      this.scheduler.after(chance.between(0, storm), () => this.tunneling.end(tunnel, chance.happens(0.5) ? 'closed' : 'vanished'));
    }
  }
}
