import { Duration, Token } from 'aws-cdk-lib';
import { TOPICS, TUNNEL_ID } from './runtime-contract';

/** What a prop must be, checked at synth. A message says what it wants and what it got; unresolved tokens pass. */

const SECRET_PREFIX = /^[a-zA-Z0-9_+=.@-]+(\/[a-zA-Z0-9_+=.@-]+)*$/;
// A secret's name has 512 characters at most; `/`, a tunnel id of 128 and `/source` have to fit behind the prefix.
const SECRET_PREFIX_LENGTH = 512 - 136;

export function checkSecretPrefix(prefix: string): void {
  if (Token.isUnresolved(prefix)) return;
  if (!SECRET_PREFIX.test(prefix)) {
    throw new Error(`secretPrefix must be one or more parts of letters, digits and _+=.@- joined by single slashes, but is '${prefix}'`);
  }
  if (prefix.length > SECRET_PREFIX_LENGTH) {
    throw new Error(`secretPrefix must have at most ${SECRET_PREFIX_LENGTH} characters, but has ${prefix.length}: '${prefix}'`);
  }
}

// https://docs.aws.amazon.com/general/latest/gr/iot-core.html: seven slashes and 256 bytes to a topic. `/<thingName>/<tunnelId>/disconnected`
// has to fit behind the prefix, and `/<tunnelId>/announcements` with the longest id. The quote is left out because the prefix stands in a rule's SQL.
const TOPIC_PREFIX = /^[a-zA-Z0-9_.:=@-]+(\/[a-zA-Z0-9_.:=@-]+){0,4}$/;
const TOPIC_PREFIX_LENGTH = 113;

export function checkTopicPrefix(prefix: string): void {
  if (!TOPIC_PREFIX.test(prefix) || prefix.length > TOPIC_PREFIX_LENGTH) {
    throw new Error('topicPrefix must be one to five topic levels of letters, digits and _.:=@- joined by single slashes, '
      + `${TOPIC_PREFIX_LENGTH} characters at most, without wildcards, but is '${prefix}'`);
  }
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html; 50 tags to a secret, of which the rotator sets some itself.
const MOST_TAGS = 40;

export function checkSecretTags(tags: Readonly<Record<string, string>>): void {
  const keys = Object.keys(tags);
  const wrong = keys.find((key) => !Token.isUnresolved(key) && !/^(?!aws:|tunnel-token-rotator:).{1,128}$/s.test(key));
  if (wrong !== undefined) {
    throw new Error(`secretTags must have keys of 1 to 128 characters that begin with neither aws: nor tunnel-token-rotator:, but one is '${wrong}'`);
  }
  if (keys.length > MOST_TAGS) throw new Error(`secretTags must be ${MOST_TAGS} at most, because a secret takes no more, but are ${keys.length}`);
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_DestinationConfig.html
export const THING_PATTERN = /^[a-zA-Z0-9:_*-]{1,128}$/;

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: a wildcard in its value stands for itself.
const OWN_THING = /^\$\{(credentials-iot:ThingName|aws:PrincipalTag\/[\w+=:@/-]{1,128})\}$/;

/** Whose tunnels a grant is for stands in ARNs, where `*`, `?` and `${...}` mean more than one. */
export function checkGrantedTunnels({ tunnelId, thingName }: { readonly tunnelId?: string; readonly thingName?: string }): void {
  if (tunnelId !== undefined && !Token.isUnresolved(tunnelId) && !TUNNEL_ID.test(tunnelId)) {
    throw new Error(`tunnelId must be the id of a tunnel, 1 to 128 letters, digits and -_+=:, but is '${tunnelId}'; leave it out for all tunnels`);
  }
  if (thingName !== undefined && !Token.isUnresolved(thingName) && !THING_PATTERN.test(thingName) && !OWN_THING.test(thingName)) {
    throw new Error('thingName must be the name of a thing, 1 to 128 letters, digits and :_-, with * for any run of characters, or one policy variable '
      + `that names the grantee's own, \${credentials-iot:ThingName} or \${aws:PrincipalTag/...}, but is '${thingName}'`);
  }
}

/** A tunnel lives 12 hours at most; a rarer sweep would miss it. */
const LONGEST_SWEEP_INTERVAL = Duration.hours(12);

/** Periods, thresholds and limits are computed from it at synth. */
export function checkKnown(prop: string, duration: Duration): void {
  if (duration.isUnresolved()) throw new Error(`${prop} must be a duration that is known at synth, but is a token, known at deployment only`);
}

export function checkSweepInterval(interval: Duration): void {
  checkKnown('sweepInterval', interval);
  const minutes = interval.toMilliseconds() / 60_000;
  if (minutes < 1 || minutes > LONGEST_SWEEP_INTERVAL.toMinutes() || !Number.isInteger(minutes)) {
    throw new Error('sweepInterval must be a whole number of minutes, because EventBridge schedules no finer, from 1 minute to 12 hours, '
      + `because a tunnel lives no longer, but is ${interval.toHumanString()}`);
  }
}

export function checkCallsPerSecond(calls: number): void {
  if (Token.isUnresolved(calls)) return;
  if (!(calls > 0) || !Number.isFinite(calls)) throw new Error(`sweepCallsPerSecond must be a number above 0, but is ${calls}`);
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#events-sqs-max-concurrency
export function checkMaxConcurrency(concurrency: number): void {
  if (Token.isUnresolved(concurrency)) return;
  if (!Number.isInteger(concurrency) || concurrency < 2 || concurrency > 1000) {
    throw new Error(`maxConcurrency must be a whole number from 2 to 1000, as Lambda allows for a queue, but is ${concurrency}`);
  }
}

export function checkVpc({ vpc, vpcSubnets, securityGroups }: { vpc?: object; vpcSubnets?: object; securityGroups?: object[] }): void {
  if (vpc) return;
  const orphan = vpcSubnets ? 'vpcSubnets' : securityGroups && 'securityGroups';
  if (orphan) throw new Error(`${orphan} needs a vpc to be in, but vpc is not set`);
}

/** Whoever may put events on the bus at all may send what the default pattern matches. */
export function checkRedirection(sources: { readonly namesSenders?: boolean }[]): void {
  const events = sources.filter(({ namesSenders }) => namesSenders !== undefined);
  if (events.length > 0 && events.every(({ namesSenders }) => namesSenders)) return;
  throw new Error('allowRedirection needs a DisconnectSource.eventBridge whose eventPattern names by source or account who may send, and no other one, '
    + `but ${events.length === 0 ? 'there is none' : 'one names nobody'}`);
}

export function checkAnnouncements(kinds: string[]): void {
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice) throw new Error(`announcements must name each kind of channel at most once, but names ${twice} twice`);
}

const ID_LEVEL = '<tunnelId>';
const OTHER_TOPICS: string[] = [TOPICS.disconnected, TOPICS.tokenRequest, TOPICS.announcements];

// Half of what a topic may have, so that the id fits in.
const DESTINATION_TOPIC_LENGTH = 128;

export function checkDestinationTopic(topic: string): void {
  const levels = topic.split('/');
  const fixed = levels.filter((level) => level !== ID_LEVEL);
  const last = levels[levels.length - 1];
  if (fixed.length !== levels.length - 1 || levels.length > 8 || topic.length > DESTINATION_TOPIC_LENGTH || !fixed.every((level) => TOPIC_PREFIX.test(level))) {
    throw new Error('destinationTopic must be topic levels of letters, digits and _.:=@- joined by single slashes, eight levels and '
      + `${DESTINATION_TOPIC_LENGTH} characters at most, exactly one level being ${ID_LEVEL}, but is '${topic}'`);
  }
  if (levels[0] === ID_LEVEL) {
    throw new Error(`destinationTopic must not begin with ${ID_LEVEL}, because the right to publish there would reach AWS's own topics, but is '${topic}'`);
  }
  if (OTHER_TOPICS.includes(last)) {
    throw new Error(`destinationTopic must not end in '${last}', because whoever listens there must not see a token, but is '${topic}'`);
  }
}
