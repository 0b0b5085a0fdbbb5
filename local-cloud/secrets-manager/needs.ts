import { optionalString } from '../inputs';
import type { Place } from '../place';
import type { Call, Need } from '../service';
import { requestTags } from './requests';
import type { Secret } from './secret';

interface Known {
  readonly find: (id: string) => Secret | undefined;
  readonly place: Place;
  readonly missingSecrets: 'not-found' | 'access-denied';
}

/**
 * What a caller must be allowed. A missing secret has no suffix yet: any six characters stand for it, or its name cannot be told from any
 * other.
 */
export function needs({ action, input }: Call, { find, place, missingSecrets }: Known): Need[] {
  const name = optionalString(input, action === 'CreateSecret' ? 'Name' : 'SecretId');
  const secret = name === undefined ? undefined : find(name);
  const missing = (id: string) => (
    id.startsWith('arn:') || (missingSecrets === 'access-denied' && action !== 'CreateSecret') ? id : place.arn('secretsmanager', `secret:${id}-000000`));
  const resource = name === undefined ? '*' : secret?.arn ?? missing(name);
  const tags = Object.entries(secret?.tags ?? {});
  const context = {
    ...(action === 'CreateSecret' ? { 'secretsmanager:Name': name ?? '' } : { 'secretsmanager:SecretId': resource }),
    ...Object.fromEntries(tags.flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`secretsmanager:ResourceTag/${key}`, value]])),
    ...requestTags(input),
  };
  const tagging = action === 'CreateSecret' && Array.isArray(input.Tags) && input.Tags.length > 0;
  const actions = [action, ...(tagging ? ['TagResource'] : [])];
  return [
    ...actions.map((needed) => ({ action: `secretsmanager:${needed}`, resource: action === 'ListSecrets' ? '*' : resource, context })),
    ...keyNeeds(place, action, (action === 'CreateSecret' ? undefined : secret?.kmsKeyId) ?? optionalString(input, 'KmsKeyId'), resource),
  ];
}

/** What a caller needs of a secret's own key. https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  CreateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
  UpdateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
  GetSecretValue: ['kms:Decrypt'],
};

function keyNeeds(place: Place, action: string, keyId: string | undefined, secretArn: string): Need[] {
  if (keyId === undefined || keyId.includes('alias/aws/secretsmanager')) return []; // AWS's own key is everybody's
  const resource = keyId.startsWith('arn:') ? keyId : place.arn('kms', `key/${keyId}`);
  const context = { 'kms:ViaService': `secretsmanager.${place.region}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': secretArn };
  return (KEY_ACTIONS[action] ?? []).map((needed) => ({ action: needed, resource, context }));
}
