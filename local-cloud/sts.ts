import type { Clock } from './clock';
import { openSession } from './iam/authorize';
import { PolicyError } from './iam/errors';
import { parsePolicy, type Statement } from './iam/policy';
import { accountOf, principalArn, type PrincipalRegistry } from './iam/principals';
import type { Role, Roles } from './iam/roles';
import { optionalInteger, string, type Input } from './inputs';
import type { Place } from './place';
import { AwsError } from './service';
import type { QueryService } from './wire/query';

export interface StsParts {
  readonly principals: PrincipalRegistry;
  rolesOf(account: string): Roles;
  readonly place: Place;
  readonly clock: Clock;
}

/**
 * AWS STS: who am I, and act as a role that the template made. https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 * The credentials of a role carry the time of their expiry, as AWS's do, but go on working after it.
 */
export function createSts({ principals, rolesOf, place, clock }: StsParts): QueryService {
  return {
    name: 'sts',
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: {
      GetCallerIdentity({ accessKeyId }) {
        const caller = principals.whoIs(accessKeyId);
        return { Arn: principalArn(caller), UserId: accessKeyId, Account: accountOf(caller) ?? place.account };
      },
      AssumeRole({ input, accessKeyId }) {
        const name = string(input, 'RoleSessionName');
        if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new AwsError('ValidationError', 'RoleSessionName must be 2 to 64 letters, digits or any of _ + = , . @ -');
        const seconds = optionalInteger(input, 'DurationSeconds') ?? 3_600;
        const stray = Object.keys(input).find((key) => !UNDERSTOOD.includes(key));
        if (stray) throw new AwsError('ValidationError', `The local cloud's AssumeRole knows no ${stray}; it knows ${UNDERSTOOD.join(', ')}`);
        const role = find(rolesOf, input);
        const session = openSession(role, principals.whoIs(accessKeyId), name, clock.now(), sessionPolicy(input));
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } = principals.issue(session);
        return {
          AssumedRoleUser: { Arn: principalArn(session), AssumedRoleId: `AROA${role.name.length}:${name}` },
          Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration: new Date(clock.now() + seconds * 1_000).toISOString() },
        };
      },
    },
    // Who one is, everybody may ask, whatever their policies say.
    needs: ({ action, input }) => (action === 'AssumeRole' ? [{ action: 'sts:AssumeRole', resource: string(input, 'RoleArn') }] : []),
  };
}

const UNDERSTOOD = ['Action', 'Version', 'RoleArn', 'RoleSessionName', 'DurationSeconds', 'Policy'];

/** @throws AwsError for what is no policy document, or says what is not known here */
function sessionPolicy({ Policy: document }: Input): readonly Statement[] | undefined {
  if (typeof document !== 'string') return undefined;
  try {
    return parsePolicy(JSON.parse(document));
  } catch (error) {
    throw new AwsError('MalformedPolicyDocument', error instanceof Error ? error.message : 'The policy is malformed');
  }
}

/** @throws AwsError; to whoever asks for a role that is not there, AWS denies it. */
function find(rolesOf: StsParts['rolesOf'], input: Input): Role {
  const roleArn = string(input, 'RoleArn');
  try {
    return rolesOf(roleArn.split(':')[4] ?? '').get(roleArn);
  } catch (error) {
    if (error instanceof PolicyError) throw new AwsError('AccessDenied', `there is no role ${roleArn} to assume`, 403);
    throw error;
  }
}
