import { Duration, Token } from 'aws-cdk-lib';
import { checkKnown, THING_PATTERN } from './checks';
import { ClientMode } from './client-mode';
import { RuntimePolicy } from './runtime-contract';
import { TunnelScope } from './tunnel-scope';

/** How often a side of a tunnel may be rotated: a number at once, and then one more in every so often. */
export interface FlapBudget {
  /**
   * Rotations at once. A whole number from 1 on.
   *
   * @default 10
   */
  readonly burst?: number;

  /**
   * How long it takes until one more rotation is earned.
   *
   * @default Duration.minutes(8)
   */
  readonly refill?: Duration;
}

/** The props that the functions' policy is made of; see `TunnelTokenRotatorProps`. */
export interface RotationPolicyProps {
  readonly clientModes?: ClientMode[];
  readonly tunnelScope?: TunnelScope;
  readonly grace?: Duration;
  readonly flapBudget?: FlapBudget;
  readonly allowRedirection?: boolean;
}

/** What the functions weigh when they decide, written out in full, so that their environment shows what holds. */
export function rotationPolicy(props: RotationPolicyProps): Required<RuntimePolicy> {
  const { clientModes = [ClientMode.SOURCE], tunnelScope = {}, grace = Duration.seconds(0), flapBudget = {}, allowRedirection = false } = props;
  const { burst = 10, refill = Duration.minutes(8) } = flapBudget;
  checkClientModes(clientModes);
  checkScope(tunnelScope);
  checkGrace(grace);
  checkBudget(burst, refill);
  return {
    clientModes: clientModes.map((mode) => `${mode}` as const),
    scope: tunnelScope,
    grace: grace.toMilliseconds(),
    budget: { burst, refill: refill.toMilliseconds() },
    redirection: allowRedirection,
  };
}

function checkClientModes(modes: ClientMode[]): void {
  if (modes.length === 0) throw new Error('clientModes must name at least one client mode, but is empty');
  const twice = modes.find((mode, index) => modes.indexOf(mode) !== index);
  if (twice) throw new Error(`clientModes must name each client mode at most once, but names ${twice} twice`);
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_DestinationConfig.html
const SERVICE = /^[a-zA-Z0-9:_-]{1,128}$/;

function checkScope({ things, services, tags }: TunnelScope): void {
  checkNames('things', things, THING_PATTERN, 'thing names of letters, digits and :_-, with * for any run of characters');
  checkNames('services', services, SERVICE, 'services of letters, digits and :_-');
  if (tags && Object.keys(tags).length === 0) throw new Error('tunnelScope.tags must name at least one tag, or be left out, but is empty');
}

function checkNames(prop: string, names: string[] | undefined, pattern: RegExp, wanted: string): void {
  if (!names) return;
  if (names.length === 0) throw new Error(`tunnelScope.${prop} must name at least one of the ${prop}, or be left out, but is empty`);
  const wrong = names.find((name) => !Token.isUnresolved(name) && !pattern.test(name));
  if (wrong !== undefined) throw new Error(`tunnelScope.${prop} must be ${wanted}, but one is '${wrong}'`);
}

// The recheck after the grace is a delayed message, which SQS holds back for 15 minutes at most.
const LONGEST_GRACE = Duration.minutes(15);

function checkGrace(grace: Duration): void {
  checkKnown('grace', grace);
  if (grace.toMilliseconds() <= LONGEST_GRACE.toMilliseconds()) return;
  throw new Error(`grace must be 15 minutes at most, because the queue delays no longer, but is ${grace.toHumanString()}`);
}

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html: a version younger than 24 hours is never removed.
const MOST_VERSIONS = 100;
const LONGEST_TUNNEL = Duration.hours(12);

/** Every rotation is a version of the tunnel's secret, and a tunnel lives for 12 hours at most. */
function checkBudget(burst: number, refill: Duration): void {
  checkKnown('flapBudget.refill', refill);
  if (Token.isUnresolved(burst)) return;
  if (!Number.isInteger(burst) || burst < 1) throw new Error(`flapBudget.burst must be a whole number from 1 on, but is ${burst}`);
  if (refill.toMilliseconds() < 1000) throw new Error(`flapBudget.refill must be 1 second at least, but is ${refill.toHumanString()}`);
  const earned = Math.floor(LONGEST_TUNNEL.toMilliseconds() / refill.toMilliseconds());
  if (burst + earned <= MOST_VERSIONS) return;
  throw new Error(`flapBudget must allow at most ${MOST_VERSIONS} rotations in the 12 hours that a tunnel lives, because a secret takes no more versions `
    + `within 24 hours, but allows ${burst + earned}: a burst of ${burst}, and ${earned} more at one in every ${refill.toHumanString()}. `
    + 'Lower burst or raise refill');
}
