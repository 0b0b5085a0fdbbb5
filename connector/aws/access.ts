import { type Ending, ending } from '../session/endings';
import { keysAreFixed } from './clients';
import { AwsCallError, SecretFormatError } from '../session/failures';
import type { Identity } from '../session/ports';

/** Turns what a session threw into its ending. Undefined for a mistake of ours. */
export function endingOf(error: unknown, identity: Identity | undefined): Ending | undefined {
  if (error instanceof SecretFormatError) return ending('refused', error.message);
  if (!(error instanceof AwsCallError)) return undefined;
  switch (error.kind) {
    case 'access-denied': return ending('access-denied', ...missing(error, identity));
    case 'credentials': return ending('no-credentials', ...(keysAreFixed() ? [FIXED_KEYS] : []), error.message);
    case 'unreachable': return ending('unreachable', error.message);
    case 'busy': return ending('busy', error.message);
    case 'refused': return ending('refused', ...meaning(error), error.message);
  }
}

/** What AWS's bare codes mean to somebody who opens and uses tunnels. */
function meaning({ code, permission: { action } }: AwsCallError): string[] {
  if (code === 'LimitExceededException' && action === 'iot:OpenTunnel') {
    return ['This account has as many tunnels as AWS allows. Close some that nobody needs (`tunnel-source list` shows them), or ask for a higher quota.'];
  }
  if (/^(Validation|InvalidRequest|InvalidParameter)/.test(code)) return [`AWS calls a value invalid: check the options that ${action} takes.`];
  return [];
}

/** The statement that is missing, ready to paste, and the easier way to have it. */
function missing({ permission: { action, resource } }: AwsCallError, identity: Identity | undefined): string[] {
  const statement = { Effect: 'Allow', Action: action, Resource: identity ? resource.replace(':*:', `:${identity.account}:`) : resource };
  return [
    `${identity?.arn ?? 'Your identity'} lacks this statement:`,
    ...JSON.stringify(statement, undefined, 2).split('\n').map((line) => `  ${line}`),
    ...(action === 'secretsmanager:GetSecretValue' ? [MAYBE_ABSENT] : []),
    BEYOND_CONNECT.has(action)
      ? 'In the CDK app, rotator.grantConnect(identity) grants what a connector needs, with { openTunnels: true } opening and closing tunnels too, '
        + 'and with { tagTunnels: true } giving them tags.'
      : 'In the CDK app, rotator.grantConnect(identity) grants everything that a connector needs.',
  ];
}

const FIXED_KEYS = 'The keys stand in the environment of this process (AWS_ACCESS_KEY_ID), where nothing changes while it runs: '
  + 'set fresh ones and start it again.';
const BEYOND_CONNECT: ReadonlySet<string> = new Set(['iot:OpenTunnel', 'iot:CloseTunnel', 'iot:TagResource']);
const MAYBE_ABSENT = 'AWS may also say so of a secret that does not exist: is the rotator deployed here, and is the prefix right?';
