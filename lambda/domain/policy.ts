import type { OpenTunnel, Side } from './vocabulary';

/** The numbers and wishes that `decide` weighs. Milliseconds throughout. */
export interface Policy {
  /** Sides that this deployment may rotate. */
  readonly sides: readonly Side[];
  readonly scope: Scope;
  /** An unproven drop waits this long, so that a client with a client token may come back by itself. */
  readonly grace: number;
  /** Tunnels without a thing name have a topic of the user's own to which their destination token goes. */
  readonly destinationTopic: boolean;
  /** A request over EventBridge, whose rule the deployer wrote, may send a destination's token to another thing within the scope. */
  readonly redirection: boolean;
  /** A first token counts as spent only if its side changed later than this after the tunnel was created. */
  readonly firstUseTolerance: number;
  /** An unproven hint this soon after a delivery waits: the side may be connecting right now. */
  readonly settle: number;
  /** Pauses before an unanswered signal is looked at again; when they are used up, the sweep is behind us. */
  readonly recheckPauses: readonly number[];
  readonly budget: Bucket;
  /** What somebody's mere wish may cost, of the budget that it is paid from as well. */
  readonly requests: Bucket;
  /** The first and the longest pause after a refusal. */
  readonly backOff: { readonly first: number; readonly longest: number };
  /** Between the two looks that it takes to believe that a tunnel is gone. */
  readonly unknownPause: number;
}

/** So many at once, and one more in every `refill`. */
export interface Bucket {
  readonly burst: number;
  readonly refill: number;
}

/** Which tunnels are ours. What is left out does not restrict; what is given must all hold. */
export interface Scope {
  /** Thing name patterns, `*` stands for anything. A tunnel without a thing matches none. */
  readonly things?: readonly string[];
  /** The tunnel is for at least one of these services. */
  readonly services?: readonly string[];
  /** The tunnel carries all of these tags. */
  readonly tags?: Readonly<Record<string, string>>;
}

export const DEFAULT_POLICY: Policy = {
  sides: ['source'],
  scope: {},
  grace: 0,
  destinationTopic: false,
  redirection: false,
  firstUseTolerance: 5_000,
  settle: 10_000,
  recheckPauses: [2_000, 4_000, 8_000, 16_000, 32_000],
  budget: { burst: 10, refill: 8 * 60_000 },
  requests: { burst: 3, refill: 60 * 60_000 },
  backOff: { first: 5_000, longest: 60_000 },
  unknownPause: 30_000,
};

export function inScope({ thingName, services, tags }: OpenTunnel, scope: Scope): boolean {
  return (!scope.things || (thingName !== undefined && scope.things.some((pattern) => matches(pattern, thingName))))
    && (!scope.services || scope.services.some((service) => services.includes(service)))
    && Object.entries(scope.tags ?? {}).every(([key, value]) => tags[key] === value);
}

/** Finds each literal part at its first place behind the one before: no pattern can make it try again. */
function matches(pattern: string, name: string): boolean {
  const [head, ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head) || !name.endsWith(tail)) return false;
  const end = name.length - tail.length;
  let at = head.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}
