import { RuntimePolicy } from './runtime-contract';

/**
 * Which tunnels a rotator serves. What is left out does not restrict; what is given must all hold. It is checked by the rotator
 * against what DescribeTunnel says, and once more by IAM as far as IAM can: things and services bound the rotations of a destination's
 * token. The tags of a tunnel are no condition of `iot:RotateTunnelAccessToken`, so there the rotator's own check stands alone.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
 */
export interface TunnelScope {
  /**
   * Names of things; `*` stands for any run of characters. A tunnel without a thing matches none.
   *
   * @default - tunnels to any thing, and to none
   */
  readonly things?: string[];

  /**
   * The tunnel is for at least one of these services, for example `SSH`, in the letters that OpenTunnel was given.
   *
   * @default - tunnels for any service, and for none
   */
  readonly services?: string[];

  /**
   * The tunnel carries all of these tags.
   *
   * @default - tunnels with any tags, and with none
   */
  readonly tags?: { [key: string]: string };
}

/**
 * May both rotators rotate the same side of the same tunnel? No is certain; yes may be wrong where patterns are intricate.
 * Services never tell two rotators apart: a tunnel may be for several.
 */
export function mayCollide(a: Required<RuntimePolicy>, b: Required<RuntimePolicy>): boolean {
  return a.clientModes.some((mode) => b.clientModes.includes(mode))
    && haveThingInCommon(a.scope.things, b.scope.things)
    && haveTagsInCommon(a.scope.tags, b.scope.tags);
}

function haveThingInCommon(a?: readonly string[], b?: readonly string[]): boolean {
  return !a || !b || a.some((one) => b.some((other) => patternsMeet(one, other)));
}

/** One tag key with two values: no tunnel carries both. */
function haveTagsInCommon(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(a).every((key) => !(key in b) || a[key] === b[key]);
}

/** Patterns whose fixed beginnings, or fixed ends, contradict each other have no name in common. Without `*` all of it is both. */
function patternsMeet(a: string, b: string): boolean {
  const [first, second] = [a.split('*'), b.split('*')];
  return eitherWay(first[0], second[0], (long, short) => long.startsWith(short))
    && eitherWay(first[first.length - 1], second[second.length - 1], (long, short) => long.endsWith(short));
}

const eitherWay = (a: string, b: string, holds: (a: string, b: string) => boolean): boolean => holds(a, b) || holds(b, a);
