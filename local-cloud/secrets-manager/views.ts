import { strings, type Input } from '../inputs';
import { AwsError } from '../service';
import { DAY, type Secret, type Version } from './secret';

export const named = (secret: Secret, version: Version | undefined) => ({ ARN: secret.arn, Name: secret.name, VersionId: version?.id });

export function overview(secret: Secret) {
  return {
    ARN: secret.arn, Name: secret.name, Description: secret.description, KmsKeyId: secret.kmsKeyId,
    CreatedDate: seconds(secret.createdAt), LastChangedDate: seconds(secret.changedAt), LastAccessedDate: seconds(secret.lastAccessedAt),
    DeletedDate: seconds(secret.deletion?.requestedAt),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** Staging labels by version id; deprecated versions are left out. */
export function stagesOf(secret: Secret): Record<string, string[]> {
  return Object.fromEntries(secret.all().filter(({ stages }) => stages.size > 0).map(({ id, stages }) => [id, [...stages]]));
}

/** @throws AwsError for a key that is not known here */
export function byFilters(filters: readonly Input[]): (secret: Secret) => boolean {
  const parsed = filters.map((filter) => ({ key: String(filter.Key), values: strings(filter, 'Values') }));
  const unknown = parsed.find(({ key }) => !['name', 'tag-key', 'tag-value'].includes(key));
  if (unknown) throw new AwsError('InvalidParameterException', `The local cloud filters secrets by name, tag-key and tag-value, not by '${unknown.key}'`);
  return (secret) => parsed.every(({ key, values }) => values.some((value) => fits(secret, key, value)));
}

/** A leading `!` turns a filter round. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html */
function fits(secret: Secret, key: string, value: string): boolean {
  if (value.startsWith('!')) return !fits(secret, key, value.slice(1));
  switch (key) {
    case 'name': return secret.name.startsWith(value);
    case 'tag-key': return Object.keys(secret.tags).some((tag) => tag.startsWith(value));
    default: return Object.values(secret.tags).some((tag) => tag.startsWith(value));
  }
}

export const seconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000);
/** AWS tells the day of an access only. */
export const dayOf = (now: number) => now - (now % DAY);
