import type { HoldReason, Outcome, Signal } from '../domain/vocabulary';

/** So soon after a signal somebody looks anyway, that the signal need not be looked at by itself. */
const SOON = 2_000;
/** Whoever waits longer than this waits for a budget. */
const LONG = 60_000;
/** A chain's first looks follow each other so closely that one more signal needs none of its own. */
const FIRST_LOOKS = 2;
/** Nothing but time ends these, so who comes earlier learns nothing new. */
const ONLY_TIME: readonly HoldReason[] = ['settling', 'grace', 'flapping', 'asked-too-often', 'backing-off'];
/** Somebody is at work, or has died over it: he needs a moment, and nobody else can do anything meanwhile. */
const AT_WORK: readonly HoldReason[] = ['claimed'];
/** These don't change from one moment to the next. */
const LASTING: readonly HoldReason[] = ['out-of-scope', 'side-not-served', 'foreign-thing', 'tunnel-closed', 'unknown-tunnel', 'redirection-refused'];
/** So long after its time a planned look may still be on its way through the queue. */
const LATE = 10_000;
/** So many tunnels are remembered before those that are over are forgotten. */
const MANY = 5_000;

/** For this span of time a signal is answered by what was seen, or by the look that is planned at its end. */
interface Span {
  readonly from: number;
  readonly until: number;
  /** Before that as well, until then. */
  readonly quiet: number;
  /** Of the signal that is behind the planned look. */
  readonly since: number;
  /** Of the youngest signal that was looked at by itself. */
  readonly seen: number;
  /** It is about a source, whose state tells the same to whoever asks, and more looks follow soon. */
  readonly goesOn: boolean;
}

/**
 * What one instance remembers of the signals that found nothing to do, so that many about one tunnel cost hardly more than one: they
 * share one chain of rechecks. It only ever saves looks that another look makes up for within moments, so forgetting it does no harm.
 */
export class Rechecks {
  private readonly spans = new Map<string, Span>();

  /**
   * Whether the signal is answered without a look. A recheck is, if a younger signal's chain goes on: that one looks at least as often. A
   * fresh one is, if the planned look is soon and is behind a signal about as young: a much older one may speak of an earlier drop. Behind an older
   * one of a source it is answered as well while its chain goes on. While somebody else is at work, one look in two seconds is enough.
   */
  cover(signal: Signal, now: number): boolean {
    if (signal.via === 'sweep' || signal.unknownSince !== undefined) return false;
    const span = this.spans.get(keyOf(signal));
    if (span === undefined) return false;
    if (signal.attempt > 0) return span.since > signal.since && now < span.until + LATE;
    const isAboutAsYoung = signal.since <= span.seen + SOON;
    if (now < span.quiet && isAboutAsYoung) return true;
    return span.from <= now && now < span.until && (isAboutAsYoung || (span.goesOn && now >= span.until - SOON));
  }

  /**
   * Whether this chain has to go on: not if a younger one looks as soon, nor if another one waits for minutes as well, and as long. One
   * that carries a proof always has.
   */
  needs(signal: Signal, delay: number, now: number): boolean {
    if (signal.proof) return true;
    const span = this.spans.get(keyOf(signal));
    if (!span || span.until <= now) return true;
    const isOlder = span.since > signal.since && span.until <= now + Math.max(delay, SOON);
    const isOneOfMany = delay > LONG && Math.abs(now + delay - span.until) <= SOON;
    if (isOneOfMany) this.spans.set(keyOf(signal), { ...span, seen: Math.max(span.seen, signal.since) });
    return !isOlder && !isOneOfMany;
  }

  /** A look found this, and the next one is so far off, if there is one. */
  found(signal: Signal, outcomes: readonly Outcome[], delay: number | undefined, now: number): void {
    const key = keyOf(signal);
    const all = (reasons: readonly HoldReason[]) => outcomes.length > 0
      && outcomes.every((outcome) => outcome.kind === 'held' && reasons.includes(outcome.reason));
    if (delay !== undefined) {
      const goesOn = signal.attempt < FIRST_LOOKS && signal.sides.join() === 'source';
      const from = all(ONLY_TIME) ? now : now + delay - SOON;
      this.spans.set(key, { from, until: now + delay, quiet: all(AT_WORK) ? now + SOON : now, since: signal.since, seen: signal.since, goesOn });
    } else if (all(LASTING)) {
      this.spans.set(key, { from: now, until: now + SOON, quiet: now, since: 0, seen: signal.since, goesOn: false });
    } else {
      this.spans.delete(key);
    }
    if (this.spans.size > MANY) for (const [old, { until }] of this.spans) if (until <= now) this.spans.delete(old);
  }
}

/** All that a decision makes of a signal, but for its proof. */
const keyOf = ({ tunnelId, sides, kind, via, thingName, destinationConfig }: Signal): string =>
  JSON.stringify([tunnelId, sides, kind, via, thingName, destinationConfig]);
