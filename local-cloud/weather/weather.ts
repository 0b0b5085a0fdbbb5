import { ConnectionLost, Unanswered, type InterceptedCall } from '../calls';
import { Bucket } from '../bucket';
import type { Clock } from '../clock';
import type { Quirks } from '../sqs/queue';
import { broken, throttled } from './answers';
import { Dice } from './dice';
import { FAIR, type CallWeather, type Forecast } from './forecast';

/** What AWS's worst days are like, to order. Fair until somebody says otherwise. */
export class Weather implements Quirks {
  private current: Forecast = FAIR;
  private dice: Dice;
  private buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock, seed: number) {
    this.dice = new Dice(seed);
  }

  get forecast(): Forecast {
    return this.current;
  }

  get seed(): number {
    return this.dice.seed;
  }

  /** Begins anew with this weather; with a seed, also with its random numbers. */
  set(forecast: Forecast, seed = this.dice.seed): void {
    this.current = forecast;
    this.dice = new Dice(seed);
    this.buckets = new Map();
  }

  /** Stands between a call and its action, as the innermost interceptor. */
  readonly intercept = async (call: InterceptedCall, proceed: () => Promise<object>): Promise<object> => {
    const rules = this.current.calls.filter(({ on }) => fits(on, call));
    for (const { latency } of rules) if (latency) await this.wait(this.dice.between(...latency));
    for (const rule of rules) if (rule.throttle && !this.take(call, rule.throttle)) throw throttled(call.service);
    this.strike(rules.filter(({ moment = 'before' }) => moment === 'before'), call);
    const result = await proceed();
    this.strike(rules.filter(({ moment }) => moment === 'after'), call);
    return result;
  };

  /** Should this delivery happen once more? */
  again(): boolean {
    return this.says(this.current.duplicates);
  }

  /** True with this chance, from the same random numbers as everything else. */
  says(chance: number): boolean {
    return this.dice.says(chance);
  }

  order<T>(items: readonly T[]): readonly T[] {
    return this.current.reorder ? this.dice.shuffled(items) : items;
  }

  private strike(rules: readonly CallWeather[], { service }: InterceptedCall): void {
    for (const { errors = 0, timeouts = 0, resets = 0 } of rules) {
      if (this.dice.says(errors)) throw broken(service);
      if (this.dice.says(timeouts)) throw new Unanswered('the weather keeps the answer');
      if (this.dice.says(resets)) throw new ConnectionLost('the weather cut the connection');
    }
  }

  private take({ service, action }: InterceptedCall, { perSecond, burst }: { perSecond: number; burst: number }): boolean {
    const key = `${service}.${action}`;
    const bucket = this.buckets.get(key) ?? new Bucket();
    this.buckets.set(key, bucket);
    return bucket.take(perSecond, burst, this.clock.now());
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(milliseconds, resolve));
  }
}

function fits(on: string, { service, action }: InterceptedCall): boolean {
  const [wantedService, wantedAction] = on.split('.');
  return (wantedService === '*' || wantedService === service) && (wantedAction === undefined || wantedAction === action);
}
