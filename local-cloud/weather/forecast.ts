/** What may go wrong with calls. Chances are 0 to 1; durations are milliseconds. */
export interface CallWeather {
  /** Which calls: `*`, `<service>`, `<service>.<Action>` or `*.<Action>`, services as IAM names them. Every rule that fits applies. */
  readonly on: string;
  /** Waits so long before the action, at random between two bounds. */
  readonly latency?: readonly [number, number];
  /** Token bucket of each action: what comes faster is answered as AWS throttles. */
  readonly throttle?: { readonly perSecond: number; readonly burst: number };
  /** Chance of a 5xx. */
  readonly errors?: number;
  /** Chance that no answer ever comes, on a connection that stays open. */
  readonly timeouts?: number;
  /** Chance that the connection is reset. */
  readonly resets?: number;
  /**
   * Do errors, timeouts and resets strike before the action or after it, when it has had its effect and only the answer is
   * lost? @default 'before'
   */
  readonly moment?: 'before' | 'after';
}

export interface Forecast {
  readonly calls: readonly CallWeather[];
  /** Chance that a message, event or rule action is delivered twice: SQS, EventBridge and IoT promise "at least once". @default 0 */
  readonly duplicates: number;
  /** Queues give out their messages in any order. @default false */
  readonly reorder: boolean;
  /** Functions' clocks are so far ahead of the services' (negative: behind). Beyond five minutes, signatures are refused. @default 0 */
  readonly functionClockSkew: number;
}

export const FAIR: Forecast = { calls: [], duplicates: 0, reorder: false, functionClockSkew: 0 };

/** The forecast says something that is not known here. */
export class ForecastError extends Error {
  override readonly name = 'ForecastError';
}

/** Checks a forecast that came from outside; what is left out is fair. @throws ForecastError naming what is wrong */
export function parseForecast(raw: unknown, base: Forecast = FAIR): Forecast {
  const given = fields(raw, ['calls', 'duplicates', 'reorder', 'functionClockSkew'], 'the weather');
  return {
    calls: given.calls === undefined ? base.calls : listOf(given.calls, 'calls').map(parseCallWeather),
    duplicates: given.duplicates === undefined ? base.duplicates : chance(given.duplicates, 'duplicates'),
    reorder: given.reorder === undefined ? base.reorder : boolean(given.reorder, 'reorder'),
    functionClockSkew: given.functionClockSkew === undefined ? base.functionClockSkew : number(given.functionClockSkew, 'functionClockSkew'),
  };
}

function parseCallWeather(raw: unknown, index: number): CallWeather {
  const place = `calls[${index}]`;
  const { on, latency, throttle, errors, timeouts, resets, moment } = fields(
    raw, ['on', 'latency', 'throttle', 'errors', 'timeouts', 'resets', 'moment'], place);
  if (typeof on !== 'string' || !/^(\*|[a-z]+)(\.\w+)?$/.test(on)) {
    throw new ForecastError(`${place}.on must be like '*', 'sqs', 'sqs.SendMessage' or '*.Publish'`);
  }
  if (moment !== undefined && moment !== 'before' && moment !== 'after') throw new ForecastError(`${place}.moment must be 'before' or 'after'`);
  return {
    on, moment,
    latency: latency === undefined ? undefined : parseLatency(latency, `${place}.latency`),
    throttle: throttle === undefined ? undefined : parseThrottle(throttle, `${place}.throttle`),
    errors: errors === undefined ? undefined : chance(errors, `${place}.errors`),
    timeouts: timeouts === undefined ? undefined : chance(timeouts, `${place}.timeouts`),
    resets: resets === undefined ? undefined : chance(resets, `${place}.resets`),
  };
}

function parseLatency(raw: unknown, place: string): readonly [number, number] {
  const [low, high] = listOf(raw, place).map((item) => number(item, place));
  if (!(low >= 0 && high >= low)) throw new ForecastError(`${place} must be two numbers of milliseconds, the smaller one first`);
  return [low, high];
}

function parseThrottle(raw: unknown, place: string) {
  const given = fields(raw, ['perSecond', 'burst'], place);
  const perSecond = number(given.perSecond, `${place}.perSecond`);
  const burst = number(given.burst ?? Math.max(1, perSecond), `${place}.burst`);
  if (perSecond < 0 || burst < 1) throw new ForecastError(`${place} needs perSecond of 0 or more and a burst of 1 or more`);
  return { perSecond, burst };
}

function fields(raw: unknown, known: readonly string[], place: string): Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new ForecastError(`${place} must be an object`);
  const unknown = Object.keys(raw).find((name) => !known.includes(name));
  if (unknown) throw new ForecastError(`${place}: '${unknown}' is not known here; known are ${known.join(', ')}`);
  return raw as Record<string, unknown>;
}

function listOf(raw: unknown, place: string): unknown[] {
  if (!Array.isArray(raw)) throw new ForecastError(`${place} must be a list`);
  return raw;
}

function number(raw: unknown, place: string): number {
  if (typeof raw !== 'number' || !Number.isFinite(raw)) throw new ForecastError(`${place} must be a number`);
  return raw;
}

function chance(raw: unknown, place: string): number {
  const value = number(raw, place);
  if (value < 0 || value > 1) throw new ForecastError(`${place} must be a chance from 0 to 1`);
  return value;
}

function boolean(raw: unknown, place: string): boolean {
  if (typeof raw !== 'boolean') throw new ForecastError(`${place} must be true or false`);
  return raw;
}
