import { createHash } from 'node:crypto';
import { normalise } from '../../lambda/domain/normalise';
import type { Outcome } from '../../lambda/domain/vocabulary';
import { hashOf } from '../../lambda/proof';
import { Rechecks } from '../../lambda/rotator/rechecks';
import { Confidential } from '../../lib/confidential';
import { Chance } from '../chance';
import { DEPLOYMENT, LONGEST_UNDER_WAY, TIME_TO_FINISH, type Conditions } from '../conditions';
import type { Invariant, Violation } from '../invariants';
import { PretendedLedger } from '../ledger';
import { recoveryPorts, sweepPorts, type Cloud } from '../ports';
import { RecoveryStrand } from '../recovery-strand';
import { START, Strand, type Scheduler } from '../scheduler';
import { policyOf, type Subject } from '../subject';
import { Tally } from '../tally';
import { Tunneling, type Tunnel } from '../tunneling';
import { Watch, type View } from '../watch';
import { AtWork } from './at-work';
import type { Choice } from './choice';
import { Letters, type Letter } from './letters';
import { Mishaps } from './mishaps';
import type { Setting } from './setting';
import { SmallSource } from './small-source';
import { SmallVault } from './small-vault';
import { Switchboard, type Call } from './switchboard';
import { Timetable } from './timetable';

/** What happens around the functions takes this long, so that no two such things happen at one moment. */
const STEP = 1_000;
/** Fewer than the product's: each one makes a small world several times as large. */
const RECHECK_PAUSES = [2_000, 8_000];
const ROTATORS = 2;
/** How often time passes while the source could do something; for good, while it can't. */
const PATIENCE = 2;
/** After the last thing that happens by itself. */
const SWEEPS = 2;

/** Of the tunnel: it is older than any tolerance when the world begins, and ends when that is chosen. */
const BIRTH: ReadonlySet<string> = new Set(['createdAt', 'expiresAt']);

/**
 * A world in which nothing happens by chance: whoever explores it chooses each next thing. Longer than other files, for `state()` must tell of
 * every field that makes a difference: whoever adds one sees it from there.
 */
export class SmallWorld implements Cloud, View {
  readonly scheduler = new Timetable();
  readonly chance = new Chance(1);
  readonly tally = new Tally();
  readonly tell = undefined;
  readonly isQuiet = false;
  readonly isOver = false;
  readonly conditions: Conditions;
  readonly ledger = new PretendedLedger((row) => this.watch.row(row), () => this.subject.flaw === 'a commit erases claims');
  readonly vault = new SmallVault();
  readonly watch: Watch;
  readonly network: Switchboard;
  readonly tunneling: Tunneling;
  readonly sources = new Map<number, SmallSource>();
  readonly tunnel: Tunnel;
  violation: Violation | undefined;
  private readonly source: SmallSource;
  private readonly letters = new Letters(this.scheduler);
  private readonly mishaps: Mishaps;
  private readonly work: AtWork;
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
    this.duplicates = duplicates;
    this.hints = hint ? 1 : 0;
    this.closes = closes;
    this.conditions = {
      unknowns: {
        rotateMovesTimestamp: true, rotateKicks: true, kickShowsAfter: 0, silentDropShowsAfter: 120_000, cleanDropShowsAfter: silent ? 120_000 : STEP,
        firstTimestampAfter: 0, rotateWorksBeforeFirstConnect: true, timestampResolution: 1, staleReads: 0, ...unknowns,
      },
      weather: { callFaults: 0, messageFaults: 0, kinds: [], slowCalls: 0, skew: 0, inFlight: LONGEST_UNDER_WAY },
      life: { tunnels: 1, storm: Infinity, connectionLasts: Infinity, hasty: false, wishes: false },
      concurrency: ROTATORS, policy: {},
    };
    // A wait that is over, and an end that a newer connection has overtaken, plan nothing that would still matter.
    this.watch = new Watch(this.withPlans(() => {
      const wait = this.watch.waitOf(this.tunnel);
      return () => this.violation === undefined && this.watch.waitOf(this.tunnel) === wait;
    }));
    this.network = new Switchboard(this.scheduler, (strand) => this.watch.troubled(strand));
    this.work = new AtWork(this.network, (matters) => this.withPlans(() => matters));
    this.mishaps = new Mishaps(this.victims(), mishaps, subject.flaw === 'Rotate is repeated');
    this.tunneling = new Tunneling(this.scheduler.for(() => {
      const link = this.link();
      return () => link === undefined || this.link() === link;
    }), this.conditions.unknowns, this.watch);
    this.tunnel = this.tunneling.open(0, 'tunnel-0', Infinity); // it ends when it is chosen to
    this.source = new SmallSource(this, setting);
    this.sources.set(0, this.source);
    if (setting.speaks === 'proof') this.deliverOnce();
    this.scheduler.pass(START + setting.begins);
    this.planSweep();
  }

  get isCalm(): boolean {
    return this.setting.mishaps.length === 0;
  }

  /** Everything that can happen next, in an order that depends on nothing but the state. Nothing: it is over. */
  choices(): readonly Choice[] {
    const { calls } = this.network;
    const unnoticed = calls.find((call) => this.isUnnoticed(call));
    if (unnoticed) return [this.answering(unnoticed)];
    const takeable = this.work.rotators < ROTATORS ? this.letters.takeable : [];
    return [
      ...calls.flatMap((call) => [this.answering(call), ...this.mishaps.choicesOf(call)]),
      ...this.mishaps.landingChoices,
      ...takeable.map((letter) => ({ words: `a rotator takes ${letter.name}`, happen: () => this.take(letter) })),
      ...this.source.choices().map(({ words, happen }) => this.aside(words, happen)),
      ...(this.duplicates > 0 ? this.letters.repeatable.map(({ name, body }) => this.aside(`${name} comes again`, () => this.again(name, body))) : []),
      ...(this.hints > 0 ? [this.aside('somebody hints', () => this.hint())] : []),
      ...(this.closes ? [this.aside('the tunnel is closed', () => this.close())] : []),
      ...(calls.length === 0 && takeable.length === 0 && this.scheduler.next !== undefined && this.sweepsLeft >= 0 && !this.isUrgent()
        ? [{ words: 'time passes', happen: () => this.advance() }] : []),
    ];
  }

  /**
   * What tells this state from others: times count from now, and what can make no difference any more is left out (letters that are
   * gone, tokens that are revoked, plans that come to nothing, the budget, which so few drops don't come near).
   */
  state(): string {
    const { scheduler: { now, times }, ledger, vault, tunnel, tunneling, letters, work, mishaps } = this;
    const everything = [
      now % DEPLOYMENT.sweepInterval, times, [...ledger.table.values()].map(({ side, history }) => [side, { ...history, budget: undefined }]),
      vault.state(tunnel.id), tunnel.source, tunnel.ended, [...tunneling.tokens.values()].filter(({ revoked }) => !revoked),
      letters.state(this.duplicates > 0), mishaps.state(), work.state(),
      this.source.state(), this.watch.books(), this.duplicates, this.hints, this.closes, this.sweepsLeft, this.postponed,
      mishaps.includes('stale read') && this.before,
    ];
    const text = JSON.stringify(everything, (key, value: unknown) => (BIRTH.has(key) ? undefined : fromNow(value, now)));
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
    this.letters.send(name, body, delay);
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
    const { tokens: { source: token = this.tunnel.source.live } } = tunneling.rotate(id);
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
        this.noting(happen);
        if (this.sweepsLeft < 0) this.planSweep();
        this.sweepsLeft = SWEEPS;
      },
    };
  }

  private answering(call: Call): Choice {
    return { words: `${call.strand.name}: ${call.operation}`, call, happen: () => this.network.perform(call) };
  }

  /** Nobody else can tell when it happens, so it may happen at once. */
  private isUnnoticed({ operation }: Call): boolean {
    if (operation === 'announce') return true;
    return this.mishaps.areOver && (operation === 'bookmark' || (operation === 'list' && !this.closes));
  }

  private victims() {
    return {
      network: this.network, clock: this.scheduler,
      die: ({ strand }: Call) => this.work.die(strand),
      deadlineOf: ({ strand }: Call) => this.work.deadlineOf(strand) ?? 0,
      stale: () => this.before,
      hit: () => this.watch.hit(),
    };
  }

  /** This world, as somebody sees it whose plans may come to nothing. */
  private withPlans(matters: () => () => boolean): this {
    const scheduler: Scheduler = this.scheduler.for(matters);
    // What is assigned to `this` there would stay there.
    return Object.create(this, { scheduler: { value: scheduler }, violate: { value: this.violate.bind(this) } }) as this;
  }

  private link(): Tunnel['source']['link'] {
    return (this.tunnel as Tunnel | undefined)?.source.link;
  }

  private async take(letter: Letter): Promise<void> {
    this.letters.take(letter, DEPLOYMENT.visibilityTimeout);
    const normalised = normalise(letter.body, letter.sentAt);
    if (!normalised.ok || !('signal' in normalised)) throw new Error(`no signal: ${letter.body}`);
    const strand = new RecoveryStrand(letter.receives > 1 ? `${letter.name}.r${letter.receives}` : letter.name, 'a rotator', this.tunnel, normalised.signal);
    const instance = this.work.begin(strand, DEPLOYMENT.rotatorTimeout);
    const { recover, wrap } = this.subject;
    const policy = { ...policyOf(this.subject), recheckPauses: RECHECK_PAUSES };
    const ports = recoveryPorts(this, strand, instance, new Rechecks());
    let ordinal = 0;
    let versionId = '';
    const newVersionId = () => versionId = versionOf(`${strand.name}-${ordinal++}`);
    const invocation = { deadline: instance.deadline, newVersionId, newProof: () => new Confidential(versionId) };
    const end = (outcomes: readonly Outcome[], succeeded: boolean) => {
      strand.ended = true;
      this.watch.finished(strand, outcomes);
      letter.deleted ||= succeeded;
      this.work.end(strand);
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
    const happened = () => [this.sweepsLeft, this.work.size, this.letters.takeable.length > 0, this.mishaps.underWay,
      this.tunnel.source.shown.lastUpdatedAt, this.violation].join();
    const before = happened();
    this.noting(() => {
      while (this.scheduler.next !== undefined && happened() === before) {
        this.scheduler.pass(this.scheduler.next);
        this.mishaps.expire();
      }
    });
    await this.work.settle();
  }

  /** Keeps what DescribeTunnel said before this, if it says something else after it. */
  private noting(happen: () => void): void {
    const { tunnel, tunneling } = this;
    const [was, shown] = [tunneling.describe(tunnel.id), tunnel.source.shown];
    happen();
    if (tunnel.source.shown !== shown) this.before = was;
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
    const instance = this.work.begin(strand, DEPLOYMENT.sweeperTimeout);
    const end = () => {
      strand.ended = true;
      this.work.end(strand);
    };
    this.subject.sweep(sweepPorts(this, strand, instance), instance.deadline - TIME_TO_FINISH, policyOf(this.subject)).then(end, (error: unknown) => {
      this.watch.failed(undefined, error);
      end();
    });
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

function fromNow(value: unknown, now: number): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? (value > START - 3_600_000 ? `now${value - now}` : value) : String(value);
}

/** A version's proof is its id here, too. */
const versionOf = (name: string) => `version-${name.replaceAll(/[^a-z0-9]/gi, '-')}-`.padEnd(36, '0');
