import { randomUUID } from 'node:crypto';
import { isRecord, optionalString, records, string, strings, type Input } from '../inputs';
import { AwsError } from '../service';
import type { Secret, SecretValue, Version } from './secret';

/** What Secrets Manager calls a parameter that is missing or wrong. */
export const CODE = 'InvalidParameterException';

export function secretValue(input: Input): SecretValue | undefined {
  const [SecretString, SecretBinary] = [optionalString(input, 'SecretString'), optionalString(input, 'SecretBinary')];
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsError(CODE, "You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (SecretString === undefined && SecretBinary === undefined) return undefined;
  const length = SecretString === undefined ? Buffer.from(SecretBinary ?? '', 'base64').length : Buffer.byteLength(SecretString);
  if (length < 1 || length > 65_536) throw new AwsError('ValidationException', 'A secret value must hold 1 to 65536 bytes.');
  return SecretString === undefined ? { SecretBinary } : { SecretString };
}

/** Labels of a new version. @throws AwsError for a list without any, or with too many */
export function versionStages(input: Input): readonly string[] {
  if (input.VersionStages === undefined || input.VersionStages === null) return ['AWSCURRENT'];
  const stages = strings(input, 'VersionStages');
  if (stages.length >= 1 && stages.length <= 20) return stages;
  const constraint = "Value at 'versionStages' failed to satisfy constraint: Member must have length between 1 and 20";
  throw new AwsError('ValidationException', `1 validation error detected: ${constraint}`);
}

export function requestToken(input: Input): string {
  const token = optionalString(input, 'ClientRequestToken') ?? randomUUID();
  if (token.length < 32 || token.length > 64) {
    throw new AwsError(CODE, 'ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

export function versionOf(secret: Secret, id: string | undefined): Version | undefined {
  if (id === undefined) return undefined;
  const version = secret.version(id);
  if (!version) throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for VersionId: ${id}`);
  return version;
}

export function tagsOf(input: Input): Record<string, string> {
  return Object.fromEntries(records(input, 'Tags').map((tag) => [string(tag, 'Key', CODE), optionalString(tag, 'Value') ?? '']));
}

/** Condition keys of the tags that come with a request. */
export function requestTags(input: Input): Record<string, string | readonly string[]> {
  const given: unknown[] = Array.isArray(input.Tags) ? input.Tags : [];
  const tags = given.filter(isRecord).map(({ Key, Value }) => [String(Key), String(Value)]);
  if (tags.length === 0) return {};
  return { 'aws:TagKeys': tags.map(([key]) => key), ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])) };
}
