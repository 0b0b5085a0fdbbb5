import { LONGEST_UNDER_WAY } from '../conditions';
import { GIVING_BACK } from '../network';
import type { Observation } from '../../lambda/domain/vocabulary';
import type { Choice } from './choice';
import type { Mishap } from './setting';
import { refused, throttled, unanswered, type Call, type Switchboard } from './switchboard';

/** A request whose caller gave it up: it takes effect at any moment until then. */
interface Landing {
  readonly words: string;
  readonly until: number;
  /** All that its strand was told: with that, what is in it is known. */
  readonly basis: string;
  readonly effect: () => unknown;
}

export interface Victims {
  readonly network: Switchboard;
  readonly clock: { readonly now: number };
  /** Ends the invocation that made this call. */
  die(call: Call): void;
  /** When the invocation that made this call is killed. */
  deadlineOf(call: Call): number;
  /** What DescribeTunnel said before the last change, if it ever changed. */
  stale(): Observation | undefined;
  /** One has happened. */
  hit(): void;
}

/** Everybody knows what came of the call. */
const SURE: ReadonlySet<Mishap> = new Set(['throttle', 'refuse', 'stale read']);
const READS: ReadonlySet<string> = new Set(['observe', 'read', 'list', 'scan', 'inspect']);

/** What may go wrong with calls: one of these, once. */
export class Mishaps {
  private readonly landings = new Set<Landing>();

  /** @param repeatsRotate the SDK sends a Rotate that went unanswered once more: a flaw */
  constructor(private readonly victims: Victims, private left: readonly Mishap[], private readonly repeatsRotate: boolean) {}

  get areOver(): boolean {
    return this.left.length === 0;
  }

  includes(mishap: Mishap): boolean {
    return this.left.includes(mishap);
  }

  /** Requests that were given up and may still land. */
  get underWay(): number {
    return this.landings.size;
  }

  /** Time has passed: what should have landed by now never will. */
  expire(): void {
    for (const landing of this.landings) if (landing.until < this.victims.clock.now) this.landings.delete(landing);
  }

  get landingChoices(): readonly Choice[] {
    return [...this.landings].map((landing) => ({ words: landing.words, happen: () => this.land(landing) }));
  }

  choicesOf(call: Call): readonly Choice[] {
    const { strand, operation } = call;
    const { network, clock } = this.victims;
    const choice = (mishap: Mishap, words: string, happen: () => Promise<void> | void): Choice[] => (this.left.includes(mishap) ? [{
      words: `${strand.name}: ${operation}, ${words}`,
      happen: () => {
        this.left = [];
        if (!SURE.has(mishap) || GIVING_BACK.has(operation)) strand.unsure = true;
        this.victims.hit();
        return happen();
      },
    }] : []);
    const isRead = READS.has(operation);
    const stale = operation === 'observe' ? this.victims.stale() : undefined;
    return [
      ...choice('crash', 'before which it crashes', () => this.victims.die(call)),
      ...choice('throttle', 'which is throttled', () => network.fail(call, throttled(operation))),
      ...choice('refuse', 'which is refused', () => network.fail(call, refused(operation))),
      ...(stale ? choice('stale read', 'which is answered with what was true before', () => network.answerWith(call, stale)) : []),
      ...(isRead ? [] : [
        ...choice('crash', 'after which it crashes', () => {
          attempt(call.effect);
          this.victims.die(call);
        }),
        ...choice('lost answer', 'whose answer is lost', () => {
          attempt(call.effect);
          return network.fail(call, unanswered(operation));
        }),
        ...choice('late landing', 'which it gives up', () => {
          this.landsUntil(call, clock.now + LONGEST_UNDER_WAY);
          return network.fail(call, unanswered(operation));
        }),
        ...choice('hang', 'which hangs', () => {
          this.landsUntil(call, this.victims.deadlineOf(call) + LONGEST_UNDER_WAY);
          network.drop(call);
        }),
        ...(operation === 'rotate' && !this.repeatsRotate ? [] : choice('repeat', 'which is sent twice', () => {
          this.landsUntil(call, clock.now + LONGEST_UNDER_WAY);
          return network.perform(call);
        })),
      ]),
    ];
  }

  state(): unknown {
    return [this.left, [...this.landings].map(({ words, until, basis }) => [words, until, basis])];
  }

  private landsUntil({ strand, operation, effect }: Call, until: number): void {
    const basis = JSON.stringify(this.victims.network.memoryOf(strand));
    this.landings.add({ words: `${strand.name}: ${operation} lands`, until, basis, effect });
  }

  private land(landing: Landing): void {
    this.landings.delete(landing);
    attempt(landing.effect);
  }
}

function attempt(effect: () => unknown): void {
  try {
    effect();
  } catch { /* AWS refused it, and nobody hears of that */ }
}
