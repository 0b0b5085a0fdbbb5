import { ForecastError, parseForecast, type Forecast } from '../weather/forecast';

/** Names that are not about single calls. */
const GENERAL = ['duplicates', 'reorder', 'functionClockSkew'];

/**
 * Adds `sqs.SendMessage:latency=50..200,errors=0.1` or `duplicates=0.2` to a forecast.
 * @throws ForecastError
 */
export function parseWeather(flag: string, forecast: Forecast): Forecast {
  const colon = flag.indexOf(':');
  const on = colon < 0 ? '*' : flag.slice(0, colon);
  const pairs = flag.slice(colon + 1).split(',').map((pair) => pair.split('='));
  if (pairs.some(({ length }) => length !== 2)) throw new ForecastError(`the weather '${flag}' must be like sqs.SendMessage:latency=50..200,errors=0.1`);
  const settings = Object.fromEntries(pairs.map(([name, value]) => [name, read(name, value)]));
  const general = Object.fromEntries(Object.entries(settings).filter(([name]) => GENERAL.includes(name)));
  const call = Object.fromEntries(Object.entries(settings).filter(([name]) => !GENERAL.includes(name)));
  const calls = Object.keys(call).length > 0 ? [...forecast.calls, { on, ...call }] : forecast.calls;
  return parseForecast({ ...general, calls }, forecast);
}

function read(name: string, value: string): unknown {
  switch (name) {
    case 'latency': return value.split('..').map(Number).concat(value.includes('..') ? [] : [Number(value)]);
    case 'throttle': {
      const [perSecond, burst] = value.split('/');
      return { perSecond: Number(perSecond), ...(burst !== undefined && { burst: Number(burst) }) };
    }
    case 'reorder': return value === 'true' ? true : value === 'false' ? false : value;
    case 'moment': return value;
    default: return value === '' ? value : Number(value);
  }
}
