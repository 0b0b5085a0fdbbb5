import { Duration, Token } from 'aws-cdk-lib';

/** What a prop must be, checked at synth. A message says what it got and what it wants; unresolved tokens pass. */

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

// https://docs.aws.amazon.com/general/latest/gr/iot-core.html: seven slashes and 256 bytes to a topic. Two levels and
// `/<tunnelId>/announcements` have to fit behind the prefix. The quote is left out because the prefix stands in a rule's SQL.
const TOPIC_PREFIX = /^[a-zA-Z0-9_.:=@-]+(\/[a-zA-Z0-9_.:=@-]+){0,5}$/;
const TOPIC_PREFIX_LENGTH = 113;

export function checkTopicPrefix(prefix: string): void {
  if (!TOPIC_PREFIX.test(prefix) || prefix.length > TOPIC_PREFIX_LENGTH) {
    throw new Error('topicPrefix must be one to six topic levels of letters, digits and _.:=@- joined by single slashes, '
      + `${TOPIC_PREFIX_LENGTH} characters at most, without wildcards, but is '${prefix}'`);
  }
}

export function checkSweepInterval(interval: Duration): void {
  if (interval.isUnresolved()) return;
  const minutes = interval.toMilliseconds() / 60_000;
  if (minutes < 1 || !Number.isInteger(minutes)) {
    throw new Error('sweepInterval must be a whole number of minutes, at least 1, because EventBridge schedules no finer, '
      + `but is ${interval.toHumanString()}`);
  }
}
