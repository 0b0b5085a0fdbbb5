import { ConnectionLost, Unanswered, type InterceptedCall } from '../calls';
import type { Clock } from '../clock';
import type { Quirks } from '../sqs/queue';
import { broken, throttled } from './answers';
import { Dice } from './dice';
import { FAIR, type CallWeather, type Forecast } from './forecast';

/** What AWS's worst days are like, to order. Fair until somebody says otherwise. */
export class Weather implements Quirks {
  private current: Forecast = FAIR;
  private dice: Dice;
  private buckets = new Map<string, { tokens: number; at: number }>();

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
    return this.dice.says(this.current.duplicates);
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
    const now = this.clock.now();
    const { tokens, at } = this.buckets.get(key) ?? { tokens: burst, at: now };
    const available = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    this.buckets.set(key, { tokens: available >= 1 ? available - 1 : available, at: now });
    return available >= 1;
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(milliseconds, resolve));
  }
}

function fits(on: string, { service, action }: InterceptedCall): boolean {
  const [wantedService, wantedAction] = on.split('.');
  return (wantedService === '*' || wantedService === service) && (wantedAction === undefined || wantedAction === action);
}
