import { Activity } from './activity';
import { Calls } from './calls';
import { AdjustableClock, systemClock, type Clock } from './clock';
import { Functions } from './functions/functions';
import type { LambdaFunction } from './functions/lambda-function';
import { Logs } from './functions/logs';
import { PrincipalRegistry } from './iam/principals';
import { Roles } from './iam/roles';
import type { LocalCloudOptions } from './options';
import { HOME, Place } from './place';
import { readProfile } from './profile';
import { LIKELY_BEHAVIOUR, type Behaviour } from './tunneling/behaviour';
import { Weather } from './weather/weather';

/** What all accounts and regions of one cloud share. */
export interface Common {
  readonly options: LocalCloudOptions;
  readonly home: Place;
  readonly clock: Clock;
  /** Where everything is found; filled in when somebody listens. */
  readonly address: { endpoint: string };
  readonly calls: Calls;
  readonly activity: Activity;
  readonly weather: Weather;
  readonly logs: Logs;
  readonly principals: PrincipalRegistry;
  readonly functions: Functions;
  /** Switches of Secure Tunneling, the same everywhere. */
  readonly behaviour: Behaviour;
  rolesOf(account: string): Roles;
  /** Milliseconds that functions' clocks are ahead of the system's, or of the moment at which they were stopped. */
  ahead(): number;
  /** When the clock was stopped, if it does not run by itself; epoch milliseconds. */
  readonly stoppedAt?: number;
}

/**
 * @param allFunctions of every place
 * @throws ProfileError
 */
export function createCommon(options: LocalCloudOptions, allFunctions: () => readonly LambdaFunction[]): Common {
  const { clock = systemClock, log = () => undefined } = options;
  const home = new Place(options.account ?? HOME.account, options.region ?? HOME.region);
  const calls = new Calls();
  const weather = new Weather(clock, options.seed ?? 1);
  calls.intercept(weather.intercept);
  const logs = new Logs();
  logs.onLine(({ functionName, text }) => log(`${functionName} | ${text}`));
  const roles = new Map<string, Roles>();
  return {
    options, home, clock, calls, weather,
    address: { endpoint: '' },
    activity: new Activity(),
    logs,
    principals: new PrincipalRegistry(home),
    functions: new Functions(allFunctions),
    behaviour: { ...LIKELY_BEHAVIOUR, ...(options.profile !== undefined && readProfile(options.profile).behaviour), ...options.tunneling },
    rolesOf(account) {
      const known = roles.get(account) ?? new Roles(new Place(account, home.region));
      roles.set(account, known);
      return known;
    },
    stoppedAt: clock instanceof AdjustableClock ? clock.stoppedAt : undefined,
    ahead: () => (clock instanceof AdjustableClock ? clock.ahead : 0) + weather.forecast.functionClockSkew,
  };
}
