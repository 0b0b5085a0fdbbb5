import { systemClock } from '../../local-cloud/clock';
import { authorize } from '../../local-cloud/iam/authorize';
import { Roles } from '../../local-cloud/iam/roles';
import { HOME } from '../../local-cloud/place';
import { createSecretsManager } from '../../local-cloud/secrets-manager/service';
import { AwsError } from '../../local-cloud/service';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1';
const PREFIX = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tokens/*';
const writer = { Effect: 'Allow', Action: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'], Resource: PREFIX };
const tagger = { Effect: 'Allow', Action: 'secretsmanager:TagResource', Resource: PREFIX };
const keyUser = { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: KEY, Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } } };

function outcome(statements: object[], action: string, input: object, missingSecrets: 'not-found' | 'access-denied' = 'not-found'): string {
  const { service } = createSecretsManager({ clock: systemClock, place: HOME, deletionLag: 0, missingSecrets });
  const call = { service: 'secretsmanager', action, input: input as Record<string, unknown>, accessKeyId: 'x', requestId: 'x' };
  void service.actions.CreateSecret({ ...call, input: { Name: 'tokens/there', SecretString: 'x' } });
  const role = new Roles(HOME).create({ name: 'role', trustPolicy: { Statement: [] }, policies: [{ Statement: statements }] });
  try {
    authorize({ kind: 'function', functionName: 'f', instance: 'i', role }, service.needs!(call), { place: HOME, now: 0 });
    return 'allowed';
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return /perform: (\S+)/.exec(error.message)?.[1] ?? error.message;
  }
}

test.each([
  ['a secret under the prefix', [writer], 'PutSecretValue', { SecretId: 'tokens/there' }, 'allowed'],
  ['a secret elsewhere', [writer], 'PutSecretValue', { SecretId: 'other' }, 'secretsmanager:PutSecretValue'],
  ['a new secret under the prefix', [writer], 'CreateSecret', { Name: 'tokens/new' }, 'allowed'],
  ['a new secret with tags, without the right to tag', [writer], 'CreateSecret', { Name: 'tokens/new', Tags: [{ Key: 'a', Value: 'b' }] }, 'secretsmanager:TagResource'],
  ['a new secret with tags', [writer, tagger], 'CreateSecret', { Name: 'tokens/new', Tags: [{ Key: 'a', Value: 'b' }] }, 'allowed'],
  ['a new secret with a key, without the right to use it', [writer], 'CreateSecret', { Name: 'tokens/new', KmsKeyId: KEY }, 'kms:GenerateDataKey'],
  ['a new secret with a key', [writer, keyUser], 'CreateSecret', { Name: 'tokens/new', KmsKeyId: KEY }, 'allowed'],
])('a role and %s', (_, statements, action, input, verdict) => {
  expect(outcome(statements, action, input)).toBe(verdict);
});

test('a limited role and a secret that is not there: both answers that AWS may give', () => {
  expect(outcome([writer], 'PutSecretValue', { SecretId: 'tokens/missing' }, 'not-found')).toBe('allowed');
  expect(outcome([writer], 'PutSecretValue', { SecretId: 'tokens/missing' }, 'access-denied')).toBe('secretsmanager:PutSecretValue');
  expect(outcome([writer], 'PutSecretValue', { SecretId: 'tokens/there' }, 'access-denied')).toBe('allowed');
  expect(outcome([writer], 'CreateSecret', { Name: 'tokens/missing' }, 'access-denied')).toBe('allowed');
});
