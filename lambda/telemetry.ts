import { METRICS } from '../lib/runtime-contract';
import type { CleanupReport } from './cleaner/cleanup';
import { DependencyError } from './domain/errors';
import type { Fault } from './domain/normalise';
import type { Outcome, Presence, Signal } from './domain/vocabulary';
import { beside } from './lazily';
import type { SweepReport } from './sweeper/sweep';
import type { Writer } from './telemetry-writer';

/**
 * Every log line and every metric of the functions, in one place. Fields are picked one by one: never a message body,
 * never a proof, never an error's raw answer.
 * The writer is loaded beside the first call to AWS; what is to be written before that waits for it.
 */
export class Telemetry {
  #writer: Writer | undefined;
  #loading: Promise<void> | undefined;
  readonly #early: ((writer: Writer) => void)[] = [];

  constructor(private readonly rotator: string) {}

  received(): void {
    this.#count(METRICS.signals);
  }

  malformed(fault: Fault, messageId: string): void {
    this.#count(METRICS.malformed);
    this.#log('warn', 'signal malformed, dropped', { fault, messageId });
  }

  recovered(signal: Signal, outcome: Outcome): void {
    const about = { ...aboutSignal(signal), side: outcome.side };
    switch (outcome.kind) {
      case 'rotated':
        this.#count(METRICS.rotations);
        if (outcome.recoveryTime !== undefined) this.#measure(METRICS.recoveryTime, 'Milliseconds', outcome.recoveryTime);
        this.#log('info', 'token rotated', { ...about, generation: outcome.generation, recoveryTime: outcome.recoveryTime });
        if (!outcome.committed) this.#log('error', 'claim was lost before commit', about);
        return;
      case 'held':
        this.#count(METRICS.holds);
        if (outcome.reason === 'claimed') this.#count(METRICS.claimed);
        if (outcome.reason === 'flapping') this.#count(METRICS.flapping);
        this.#log('info', 'rotation held', { ...about, reason: outcome.reason, recheckAfter: outcome.recheckAfter });
        return;
      case 'retired':
        this.#count(METRICS.retired);
        this.#log('info', 'tunnel retired', { ...about, reason: outcome.reason });
    }
  }

  /** It was answered by a look at the same tunnel a moment before or after: whoever sends very many is found by these lines. */
  joined(signal: Signal): void {
    this.#count(METRICS.joined);
    this.#log('info', 'signal joined another', { ...aboutSignal(signal) });
  }

  failed(signal: Signal | Presence, error: unknown): void {
    this.#countFailure(error);
    this.#log('error', 'recovery failed', { ...aboutSignal(signal), ...aboutError(error) });
  }

  announcementFailed(tunnelId: string, error: unknown): void {
    this.#count(METRICS.announcementFailures);
    this.#log('warn', 'announcement failed', { tunnelId, ...aboutError(error) });
  }

  observationFailed(tunnelId: string, error: unknown): void {
    this.#countFailure(error);
    this.#log('warn', 'tunnel not observed', { tunnelId, ...aboutError(error) });
  }

  swept(report: SweepReport): void {
    this.#count(METRICS.sweeps);
    // CloudWatch bills a metric for the hours in which it is written: what is zero is not.
    if (report.swept > 0) this.#count(METRICS.swept, report.swept);
    if (report.suspicious > 0) this.#count(METRICS.suspicious, report.suspicious);
    if (!report.finished) this.#measure(METRICS.oldestLook, 'Seconds', Math.round(report.oldestLook / 1000));
    this.#log('info', 'sweep completed', { ...report });
  }

  /** A list could not be had, so that nobody knows who was left out. */
  sweepFailed(error: unknown): void {
    this.#countFailure(error);
    this.#log('error', 'sweep failed', { ...aboutError(error) });
  }

  secretNotDeleted(tunnelId: string, error: unknown): void {
    this.#log('error', 'secret not deleted', { tunnelId, ...aboutError(error) });
  }

  cleanupFailed(error: unknown): void {
    this.#log('error', 'cleanup failed', { ...aboutError(error) });
  }

  cleanedUp(report: CleanupReport): void {
    this.#log('info', 'cleanup ended', { ...report });
  }

  /** Writes the invocation's metrics out, and what still waits; call it last. */
  async flush(): Promise<void> {
    await this.#loading;
    if (this.#writer?.metrics.hasStoredMetrics()) this.#writer.metrics.publishStoredMetrics();
  }

  #countFailure(error: unknown): void {
    this.#count(METRICS.failures);
    if (error instanceof DependencyError && error.kind === 'access-denied') this.#count(METRICS.accessDenied);
  }

  #count(metric: string, times = 1): void {
    this.#measure(metric, 'Count', times);
  }

  #measure(metric: string, unit: 'Count' | 'Milliseconds' | 'Seconds', value: number): void {
    this.#write(({ metrics }) => metrics.addMetric(metric, unit, value));
  }

  #log(level: 'info' | 'warn' | 'error', message: string, about: object): void {
    this.#write(({ logger }) => logger[level](message, { ...about }));
  }

  #write(entry: (writer: Writer) => void): void {
    if (this.#writer) return entry(this.#writer);
    this.#early.push(entry);
    this.#loading ??= beside(() => import('./telemetry-writer.js')).then(({ writerOf }) => {
      const writer = this.#writer = writerOf(this.rotator);
      for (const early of this.#early.splice(0)) early(writer);
    });
  }
}

function aboutSignal(news: Signal | Presence): object {
  if (!('tunnelId' in news)) return { thingName: news.thingName, via: 'presence', attempt: news.attempt };
  const { tunnelId, kind, via, attempt, proof } = news;
  return { tunnelId, kind, via, attempt, withProof: proof !== undefined };
}

/** Our own errors say only what is safe to say; of any other error the name must do, its message may hold an answer. */
function aboutError(error: unknown): object {
  if (error instanceof DependencyError) {
    // Only what nobody at AWS said has a place in our sources.
    const at = error.code === 'UnreadableRow' && error.cause instanceof Error ? { at: stackOf(error.cause) } : {};
    return { call: error.call, code: error.code, failure: error.kind, ...at };
  }
  return { code: error instanceof Error ? error.name : 'UnknownError', at: error instanceof Error ? stackOf(error) : undefined };
}

/** Where it was thrown, without the message that heads a stack trace. */
const stackOf = (error: Error) => error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).map((line) => line.trim()).slice(0, 10);
