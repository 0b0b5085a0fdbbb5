import { createHash } from 'node:crypto';
import { normalise } from '../../lambda/domain/normalise';
import type { Outcome } from '../../lambda/domain/vocabulary';
import { hashOf } from '../../lambda/proof';
import { Confidential } from '../../lib/confidential';
import { Chance } from '../chance';
import { DEPLOYMENT, LONGEST_UNDER_WAY, TIME_TO_FINISH, type Conditions } from '../conditions';
import { Instance } from '../instance';
import type { Invariant, Violation } from '../invariants';
import { PretendedLedger } from '../ledger';
import { GIVING_BACK } from '../network';
import { recoveryPorts, sweepPorts, type Cloud } from '../ports';
import { Rechecks } from '../../lambda/rotator/rechecks';
import { RecoveryStrand } from '../recovery-strand';
import { START, Strand } from '../scheduler';
import type { Subject } from '../subject';
import { Tally } from '../tally';
import { Tunneling, type Tunnel } from '../tunneling';
import { PretendedVault } from '../vault';
import { Watch, type View } from '../watch';
import type { Mishap, Setting } from './setting';
import { SmallSource } from './small-source';
import { refused, Switchboard, throttled, unanswered, type Call } from './switchboard';
import { Timetable } from './timetable';

/** Something that can happen next. */
export interface Choice {
  readonly words: string;
  happen(): Promise<void> | void;
}

interface Letter {
  readonly name: string;
  readonly body: string;
  readonly sentAt: number;
  visible: boolean;
  receives: number;
  taken: boolean;
  deleted: boolean;
}

/** A request whose caller gave it up: it takes effect at any moment until then. */
interface Landing {
  readonly words: string;
  readonly until: number;
  readonly effect: () => unknown;
}

/** What happens around the functions takes this long, so that no two such things happen at one moment. */
const STEP = 1_000;
/** Fewer than the product's: each one makes a small world several times as large. */
const RECHECK_PAUSES = [2_000, 8_000];
const ROTATORS = 2;
/** How often time passes while the source could do something; for good, while it can't. */
const PATIENCE = 2;
/** After the last thing that happens by itself. */
const SWEEPS = 2;
/** Everybody knows what came of the call. */
const SURE: ReadonlySet<Mishap> = new Set(['throttle', 'refuse', 'stale read']);
const READS: ReadonlySet<string> = new Set(['observe', 'read', 'list', 'scan']);

/** A world in which nothing happens by chance: whoever explores it chooses each next thing. */
export class SmallWorld implements Cloud, View {
  readonly scheduler = new Timetable();
  readonly chance = new Chance(1);
  readonly tally = new Tally();
  readonly tell = undefined;
  readonly isQuiet = false;
  readonly isOver = false;
  readonly conditions: Conditions;
  readonly ledger = new PretendedLedger((row) => this.watch.row(row), () => this.subject.flaw === 'a commit erases claims');
  readonly vault = new PretendedVault();
  readonly watch: Watch;
  readonly network: Switchboard;
  readonly tunneling: Tunneling;
  readonly sources = new Map<number, SmallSource>();
  readonly tunnel: Tunnel;
  violation: Violation | undefined;
  private readonly source: SmallSource;
  private readonly letters: Letter[] = [];
  private readonly landings = new Set<Landing>();
  private readonly strands = new Set<Strand>();
  private readonly instances = new Map<Strand, Instance>();
  private mishaps: readonly Mishap[];
  private duplicates: number;
  private hints: number;
  private closes: boolean;
  private postponed = 0;
  private sweepsLeft = SWEEPS;
  private sweeps = 0;
  /** What DescribeTunnel said before the last change. */
  private before: ReturnType<Tunneling['describe']> | undefined;

  constructor(readonly setting: Setting, readonly subject: Subject) {
    const { mishaps, duplicates, hint, closes, silent, unknowns } = setting;
    this.mishaps = mishaps;
    this.duplicates = duplicates;
    this.hints = hint ? 1 : 0;
    this.closes = closes;
    this.conditions = {
      unknowns: {
        rotateMovesTimestamp: true, rotateKicks: true, kickShowsAfter: 0, silentDropShowsAfter: 120_000, cleanDropShowsAfter: silent ? 120_000 : STEP,
        firstTimestampAfter: 0, rotateWorksBeforeFirstConnect: true, timestampResolution: 1, ...unknowns,
      },
      weather: { callFaults: 0, messageFaults: 0, kinds: [], slowCalls: 0, skew: 0, inFlight: LONGEST_UNDER_WAY },
      life: { tunnels: 1, storm: Infinity, connectionLasts: Infinity, hasty: false },
      concurrency: ROTATORS,
    };
    this.watch = new Watch(this);
    this.network = new Switchboard((strand) => this.watch.troubled(strand));
    this.tunneling = new Tunneling(this.scheduler, this.conditions.unknowns, this.watch);
    this.tunnel = this.tunneling.open(0, 'tunnel-0', 720 * 60_000);
    this.source = new SmallSource(this, setting);
    this.sources.set(0, this.source);
    if (setting.speaks === 'proof') this.deliverOnce();
    this.scheduler.pass(START + 6 * STEP); // a token used within the tolerance after the opening looks unused, and that is known
    this.planSweep();
  }

  get isCalm(): boolean {
    return this.setting.mishaps.length === 0;
  }

  /** Everything that can happen next, in an order that depends on nothing but the state. Nothing: it is over. */
  choices(): Choice[] {
    const { calls } = this.network;
    const quiet = calls.find(({ operation }) => operation === 'announce');
    if (quiet) return [this.answering(quiet)]; // nobody else can tell when it happens
    const takeable = this.running < ROTATORS ? this.letters.filter(({ visible, deleted, taken }) => visible && !deleted && !taken) : [];
    return [
      ...calls.flatMap((call) => [this.answering(call), ...this.mishapsOf(call)]),
      ...[...this.landings].map((landing) => ({ words: landing.words, happen: () => this.land(landing) })),
      ...takeable.map((letter) => ({ words: `a rotator takes ${letter.name}`, happen: () => this.take(letter) })),
      ...this.source.choices().map(({ words, happen }) => this.aside(words, happen)),
      ...(this.duplicates > 0 ? this.letters.filter(({ name }) => comesAgain(name)).map(({ name, body }) => (
        this.aside(`${name} comes again`, () => this.again(name, body)))) : []),
      ...(this.hints > 0 ? [this.aside('somebody hints', () => this.hint())] : []),
      ...(this.closes ? [this.aside('the tunnel is closed', () => this.close())] : []),
      ...(calls.length === 0 && takeable.length === 0 && this.scheduler.next !== undefined && this.sweepsLeft >= 0 && !this.isUrgent()
        ? [{ words: 'time passes', happen: () => this.advance() }] : []),
    ];
  }

  /**
   * What tells this state from others: times count from now, and what can make no difference any more is left out (letters that are
   * gone, tokens that are revoked, the budget, which so few drops don't come near).
   */
  state(): string {
    const { scheduler: { now, times }, ledger, vault, tunnel, tunneling, letters, landings, network: { calls, told } } = this;
    const of = (strand: Strand) => [
      strand.name, told.get(strand), strand.unsure, strand.dead, calls.filter((call) => call.strand === strand).map(({ operation }) => operation),
      strand instanceof RecoveryStrand ? [strand.lookedAt, strand.callsSinceLook, strand.rotatedIn, strand.deliveredIn, strand.troubled] : [],
    ];
    const secret = vault.secrets.get(tunnel.id);
    const everything = [
      now % DEPLOYMENT.sweepInterval, times, [...ledger.table.values()].map(({ side, history }) => [side, { ...history, budget: undefined }]),
      secret && [secret.current, secret.versions.get(secret.current), landings.size > 0 ? [...secret.versions] : []], tunnel,
      [...tunneling.tokens.values()].filter(({ revoked }) => !revoked),
      letters.filter(({ deleted, name }) => !deleted || (this.duplicates > 0 && comesAgain(name))),
      [...landings].map(({ words, until }) => [words, until]).sort(), [...this.strands].map(of).sort(), this.source.state(), this.watch.books(),
      this.mishaps, this.duplicates, this.hints, this.closes, this.sweepsLeft, this.postponed,
      this.mishaps.includes('stale read') && this.before,
    ];
    const text = JSON.stringify(everything, (_, value: unknown) => fromNow(value, now));
    return createHash('sha1').update(text).digest('base64');
  }

  /** When nothing is left to happen. Invariants 1, 4 and 6. */
  judge(): void {
    const { tunnel, ledger, vault } = this;
    const ailment = this.watch.ailment(tunnel);
    if (ailment) this.violate(ailment.invariant, tunnel, ailment.words);
    if (tunnel.ended && (ledger.table.size > 0 || vault.secrets.size > 0)) this.violate(6, tunnel, 'the tunnel has ended, and something of it is left');
  }

  violate(invariant: Invariant, tunnel: Tunnel | undefined, words: string): void {
    this.violation ??= { invariant, tunnel: tunnel?.index, at: this.scheduler.now - START, words };
  }

  enqueue(name: string, body: string, delay: number): void {
    this.watch.public(body, 'a message');
    const same = this.letters.filter((letter) => letter.name === name || letter.name.startsWith(`${name}x`)).length;
    const letter: Letter = {
      name: same > 0 ? `${name}x${same + 1}` : name, body, sentAt: this.scheduler.now, visible: false, receives: 0, taken: false, deleted: false,
    };
    this.letters.push(letter);
    if (delay > 0) this.scheduler.after(Math.ceil(delay / 1000) * 1000, () => { letter.visible = true; });
    else letter.visible = true;
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }

  claimed(): void {
    // Here tunnels end when they are chosen to.
  }

  /** It was rotated before, a while ago: only who got its token from us has a proof. */
  private deliverOnce(): void {
    const { tunnel: { id }, tunneling, vault, ledger, scheduler: { now } } = this;
    const versionId = versionOf('first');
    const { token } = tunneling.rotate(id);
    token.version = versionId;
    vault.put(id, versionId, token.text, now);
    const history = { generation: 1, fence: now, versionId, proofHash: hashOf(new Confidential(versionId)), deliveredAt: now - 60_000 };
    ledger.table.set(`${id} source`, { tunnelId: id, side: 'source', history });
  }

  /** The source, and whoever else acts by itself: time passes, and the sweeps begin to be counted anew. */
  private aside(words: string, happen: () => void): Choice {
    return {
      words,
      happen: () => {
        this.scheduler.pass(this.scheduler.now + STEP);
        const shown = this.tunneling.describe(this.tunnel.id);
        happen();
        if (JSON.stringify(shown) !== JSON.stringify(this.tunneling.describe(this.tunnel.id))) this.before = shown;
        if (this.sweepsLeft < 0) this.planSweep();
        this.sweepsLeft = SWEEPS;
      },
    };
  }

  private answering(call: Call): Choice {
    return { words: `${call.strand.name}: ${call.operation}`, happen: () => this.network.perform(call) };
  }

  private mishapsOf(call: Call): Choice[] {
    const { strand, operation } = call;
    const choice = (mishap: Mishap, words: string, happen: () => Promise<void> | void): Choice[] => (this.mishaps.includes(mishap) ? [{
      words: `${strand.name}: ${operation}, ${words}`,
      happen: () => {
        this.mishaps = [];
        if (!SURE.has(mishap) || GIVING_BACK.has(operation)) strand.unsure = true;
        this.watch.hit();
        return happen();
      },
    }] : []);
    const die = () => this.instances.get(strand)?.die('crashes');
    const isRead = READS.has(operation);
    const landsUntil = (until: number) => this.landings.add({ words: `${strand.name}: ${operation} lands`, until, effect: call.effect });
    return [
      ...choice('crash', 'before which it crashes', die),
      ...(isRead ? [] : choice('crash', 'after which it crashes', () => {
        attempt(call.effect);
        die();
      })),
      ...choice('throttle', 'which is throttled', () => this.network.fail(call, throttled(operation))),
      ...choice('refuse', 'which is refused', () => this.network.fail(call, refused(operation))),
      ...(isRead ? [] : choice('lost answer', 'whose answer is lost', () => {
        attempt(call.effect);
        return this.network.fail(call, unanswered(operation));
      })),
      ...(isRead ? [] : choice('late landing', 'which it gives up', () => {
        landsUntil(this.scheduler.now + LONGEST_UNDER_WAY);
        return this.network.fail(call, unanswered(operation));
      })),
      ...(isRead ? [] : choice('hang', 'which hangs', () => {
        landsUntil((this.instances.get(strand)?.deadline ?? 0) + LONGEST_UNDER_WAY);
        this.network.drop(call);
      })),
      ...(isRead || operation === 'rotate' ? [] : choice('repeat', 'which is sent twice', () => {
        landsUntil(this.scheduler.now + LONGEST_UNDER_WAY);
        return this.network.perform(call);
      })),
      ...(operation === 'observe' && this.before ? choice('stale read', 'which is answered with what was true before', () => (
        this.network.answerWith(call, this.before))) : []),
    ];
  }

  private land(landing: Landing): void {
    this.landings.delete(landing);
    attempt(landing.effect);
  }

  private async take(letter: Letter): Promise<void> {
    letter.taken = true;
    letter.receives += 1;
    const normalised = normalise(letter.body, letter.sentAt);
    if (!normalised.ok || !('signal' in normalised)) throw new Error(`no signal: ${letter.body}`);
    const strand = new RecoveryStrand(letter.receives > 1 ? `${letter.name}.r${letter.receives}` : letter.name, 'a rotator', this.tunnel, normalised.signal);
    const instance = this.begin(strand, DEPLOYMENT.rotatorTimeout);
    this.scheduler.after(DEPLOYMENT.visibilityTimeout, () => { letter.taken = false; });
    const { recover, wrap } = this.subject;
    const policy = { ...this.subject.policy, recheckPauses: RECHECK_PAUSES };
    const ports = recoveryPorts(this, strand, instance, new Rechecks());
    let ordinal = 0;
    let versionId = '';
    const newVersionId = () => versionId = versionOf(`${strand.name}-${ordinal++}`);
    const invocation = { deadline: instance.deadline, newVersionId, newProof: () => new Confidential(versionId) };
    const end = (outcomes: readonly Outcome[], succeeded: boolean) => {
      strand.ended = true;
      this.watch.finished(strand, outcomes);
      letter.deleted ||= succeeded;
      this.end(strand);
    };
    recover(normalised.signal, wrap ? wrap(ports, normalised.signal) : ports, invocation, policy).then((outcomes) => {
      this.watch.public(JSON.stringify(outcomes), 'an outcome');
      end(outcomes, true);
    }, (error: unknown) => {
      this.watch.failed(this.tunnel, error);
      end([], false);
    });
    await this.network.settle(strand);
  }

  /** The source has put off what it could do for long enough. */
  private isUrgent(): boolean {
    return this.postponed >= PATIENCE && this.source.choices().length > 0;
  }

  /** Time passes until something comes of it: most of what is planned is over by then. */
  private async advance(): Promise<void> {
    if (this.source.choices().length > 0) this.postponed += 1;
    const shown = this.tunneling.describe(this.tunnel.id);
    const happened = () => [this.sweepsLeft, this.strands.size, this.letters.some(({ visible, taken, deleted }) => visible && !taken && !deleted),
      this.landings.size, JSON.stringify(this.tunneling.describe(this.tunnel.id)), this.violation].join();
    const before = happened();
    while (this.scheduler.next !== undefined && happened() === before) {
      this.scheduler.pass(this.scheduler.next);
      for (const landing of this.landings) if (landing.until < this.scheduler.now) this.landings.delete(landing);
    }
    if (JSON.stringify(shown) !== JSON.stringify(this.tunneling.describe(this.tunnel.id))) this.before = shown;
    for (const strand of this.strands) await this.network.settle(strand);
  }

  private planSweep(): void {
    this.scheduler.at(START + DEPLOYMENT.sweepInterval * Math.ceil((this.scheduler.now - START + 1) / DEPLOYMENT.sweepInterval), () => {
      this.sweepsLeft -= 1;
      if (this.sweepsLeft < 0) return;
      this.sweep();
      this.planSweep();
    });
  }

  private sweep(): void {
    const name = `sweep${++this.sweeps}`;
    const strand = new Strand(name, name);
    const instance = this.begin(strand, DEPLOYMENT.sweeperTimeout);
    const end = () => {
      strand.ended = true;
      this.end(strand);
    };
    this.subject.sweep(sweepPorts(this, strand, instance), instance.deadline - TIME_TO_FINISH, this.subject.policy).then(end, (error: unknown) => {
      this.watch.failed(undefined, error);
      end();
    });
  }

  private begin(strand: Strand, timeout: number): Instance {
    const instance = new Instance(this, strand.name, 0, timeout, () => this.end(strand));
    instance.runs(strand);
    this.strands.add(strand);
    this.instances.set(strand, instance);
    return instance;
  }

  private end(strand: Strand): void {
    this.network.dropAllOf(strand);
    this.strands.delete(strand);
    if (!strand.dead) this.instances.get(strand)?.returns();
  }

  private get running(): number {
    return [...this.strands].filter((strand) => strand instanceof RecoveryStrand).length;
  }

  private again(name: string, body: string): void {
    this.duplicates -= 1;
    this.enqueue(`${name}again`, body, 0);
  }

  private hint(): void {
    this.hints -= 1;
    this.enqueue('hint', JSON.stringify({ tunnelId: this.tunnel.id, via: 'mqtt' }), 0);
  }

  private close(): void {
    this.closes = false;
    this.tunneling.end(this.tunnel, 'closed');
  }
}

/** Whatever a client sent may come twice; a recheck or a sweep's signal twice is as good as one of these. */
const comesAgain = (name: string) => /^(s\d+|hint)$/.test(name);

function fromNow(value: unknown, now: number): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? (value > START - 3_600_000 ? `now${value - now}` : value) : String(value);
}

/** A version's proof is its id here, too. */
const versionOf = (name: string) => `version-${name.replaceAll(/[^a-z0-9]/gi, '-')}-`.padEnd(36, '0');

function attempt(effect: () => unknown): void {
  try {
    effect();
  } catch { /* AWS refused it, and nobody hears of that */ }
}
