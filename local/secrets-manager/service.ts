import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { isRecord, optionalBoolean, optionalInteger, optionalString, records, string, strings, type Input } from '../inputs';
import { AwsError, arn, type Call, type Need, type Service } from '../service';
import { Secret, type SecretValue, type Version } from './secret';

const DAY = 86_400_000;
const CODE = 'InvalidParameterException';

export interface SecretsManagerOptions {
  readonly clock: Clock;
  /** How long a forced deletion keeps the name busy, in milliseconds: AWS deletes asynchronously. */
  readonly deletionLag: number;
}

export interface SecretsManager {
  readonly service: Service;
  readonly secrets: ReadonlyMap<string, Secret>;
  close(): void;
}

/** AWS Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/ */
export function createSecretsManager({ clock, deletionLag }: SecretsManagerOptions): SecretsManager {
  const secrets = new Map<string, Secret>();
  /** Deleted by force, the name not free yet. */
  const vanishing = new Map<string, Secret>();
  const timers = new Set<() => void>();

  const find = (id: string): Secret | undefined => secrets.get(id) ?? [...secrets.values()].find((secret) => secret.arn === id || secret.arn.slice(0, -7) === id);
  const get = ({ input }: { input: Input }): Secret => {
    const secret = find(string(input, 'SecretId', CODE));
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  };
  const getLive = (call: { input: Input }): Secret => {
    const secret = get(call);
    if (secret.deletion) {
      throw new AwsError('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.");
    }
    return secret;
  };
  const later = (delay: number, action: () => void) => {
    const cancel = clock.after(delay, () => { timers.delete(cancel); action(); });
    timers.add(cancel);
    return cancel;
  };

  const actions: Service['actions'] = {
    CreateSecret({ input }) {
      const name = string(input, 'Name', CODE);
      if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
        throw new AwsError('ValidationException', 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!');
      }
      const now = clock.now();
      const value = secretValue(input);
      const id = requestToken(input);
      const known = secrets.get(name);
      if (known?.deletion || vanishing.has(name)) {
        throw new AwsError('InvalidRequestException', "You can't create this secret because a secret with this name is already scheduled for deletion.");
      }
      if (known) {
        // Only the very request that created it may come again.
        if (value && known.version(id)) return named(known, known.put(id, value, [], now));
        throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
      }
      const secret = new Secret(name, now);
      secret.description = optionalString(input, 'Description');
      secret.kmsKeyId = optionalString(input, 'KmsKeyId');
      secret.tags = tagsOf(input);
      const version = value && secret.put(id, value, ['AWSCURRENT'], now);
      secrets.set(name, secret);
      return named(secret, version);
    },

    PutSecretValue(call) {
      const secret = getLive(call);
      const value = secretValue(call.input);
      if (!value) throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
      const stages = call.input.VersionStages === undefined ? ['AWSCURRENT'] : strings(call.input, 'VersionStages');
      const version = secret.put(requestToken(call.input), value, stages, clock.now());
      return { ...named(secret, version), VersionStages: [...version.stages] };
    },

    UpdateSecret(call) {
      const secret = getLive(call);
      const value = secretValue(call.input);
      const version = value && secret.put(requestToken(call.input), value, ['AWSCURRENT'], clock.now());
      secret.description = optionalString(call.input, 'Description') ?? secret.description;
      secret.kmsKeyId = optionalString(call.input, 'KmsKeyId') ?? secret.kmsKeyId;
      return named(secret, version);
    },

    GetSecretValue(call) {
      const secret = getLive(call);
      const id = optionalString(call.input, 'VersionId');
      const stage = optionalString(call.input, 'VersionStage');
      const version = id === undefined ? secret.staged(stage ?? 'AWSCURRENT') : secret.version(id);
      if (!version || (id !== undefined && stage !== undefined && !version.stages.has(stage))) {
        const label = id === undefined ? `staging label: ${stage ?? 'AWSCURRENT'}` : `VersionId: ${id}`;
        throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${label}`);
      }
      secret.lastAccessedAt = version.lastAccessedAt = startOfDay(clock.now());
      return { ...named(secret, version), ...version.value, VersionStages: [...version.stages], CreatedDate: seconds(version.createdAt) };
    },

    DescribeSecret(call) {
      const secret = get(call);
      return {
        ...overview(secret),
        VersionIdsToStages: Object.fromEntries(secret.all().filter(({ stages }) => stages.size > 0).map(({ id, stages }) => [id, [...stages]])),
      };
    },

    ListSecrets({ input }) {
      const filters = records(input, 'Filters');
      const unknown = filters.find(({ Key }) => Key !== 'name' && Key !== 'tag-key' && Key !== 'tag-value');
      if (unknown) throw new AwsError(CODE, `The local cloud filters secrets by name, tag-key and tag-value, not by '${String(unknown.Key)}'`);
      const wanted = [...secrets.values()]
        .filter(({ deletion }) => !deletion || optionalBoolean(input, 'IncludePlannedDeletion'))
        .filter((secret) => filters.every(({ Key, Values }) => (Values as string[]).some((value) => fits(secret, String(Key), value))));
      const { page, next } = paged(wanted, input);
      return {
        SecretList: page.map((secret) => ({ ...overview(secret), SecretVersionsToStages: Object.fromEntries(secret.all().filter(({ stages }) => stages.size > 0).map(({ id, stages }) => [id, [...stages]])) })),
        NextToken: next,
      };
    },

    ListSecretVersionIds(call) {
      const secret = get(call);
      const all = optionalBoolean(call.input, 'IncludeDeprecated') ? secret.all() : secret.all().filter(({ stages }) => stages.size > 0);
      const { page, next } = paged(all, call.input);
      return {
        ARN: secret.arn, Name: secret.name, NextToken: next,
        Versions: page.map(({ id, stages, createdAt, lastAccessedAt }) => ({
          VersionId: id, VersionStages: [...stages], CreatedDate: seconds(createdAt), LastAccessedDate: seconds(lastAccessedAt),
        })),
      };
    },

    UpdateSecretVersionStage(call) {
      const secret = getLive(call);
      const stage = string(call.input, 'VersionStage', CODE);
      const to = versionOf(secret, optionalString(call.input, 'MoveToVersionId'));
      const from = versionOf(secret, optionalString(call.input, 'RemoveFromVersionId'));
      const holder = secret.staged(stage);
      if (holder && holder !== to && holder !== from) {
        throw new AwsError(CODE, `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`);
      }
      if (from && holder !== from) throw new AwsError(CODE, `Staging label ${stage} is not attached to version ${from.id}.`);
      if (stage === 'AWSCURRENT' && !to) throw new AwsError(CODE, 'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.');
      secret.moveStage(stage, to);
      return { ARN: secret.arn, Name: secret.name };
    },

    DeleteSecret(call) {
      const force = optionalBoolean(call.input, 'ForceDeleteWithoutRecovery') ?? false;
      const days = optionalInteger(call.input, 'RecoveryWindowInDays');
      if (force && days !== undefined) {
        throw new AwsError(CODE, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw new AwsError(CODE, 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
      }
      const now = clock.now();
      const wait = force ? deletionLag : (days ?? 30) * DAY;
      const id = string(call.input, 'SecretId', CODE);
      // By force, a secret that isn't there is as good as deleted.
      if (force && !find(id)) return { Name: id, DeletionDate: seconds(now + wait) };
      const secret = force ? get(call) : getLive(call);
      secret.deletion = { requestedAt: now, dueAt: now + wait };
      if (force) {
        secrets.delete(secret.name);
        vanishing.set(secret.name, secret);
        later(wait, () => vanishing.delete(secret.name));
      } else {
        const { deletion } = secret;
        later(wait, () => { if (secret.deletion === deletion) secrets.delete(secret.name); });
      }
      return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(now + wait) };
    },

    RestoreSecret(call) {
      const secret = get(call);
      secret.deletion = undefined;
      return { ARN: secret.arn, Name: secret.name };
    },

    TagResource(call) {
      Object.assign(getLive(call).tags, tagsOf(call.input));
      return {};
    },

    UntagResource(call) {
      const secret = getLive(call);
      for (const key of strings(call.input, 'TagKeys')) delete secret.tags[key];
      return {};
    },
  };

  /** A missing secret has no suffix yet, so any six characters stand for it. */
  const needs = ({ action, input }: Call): Need[] => {
    const name = optionalString(input, action === 'CreateSecret' ? 'Name' : 'SecretId');
    const secret = name === undefined ? undefined : find(name);
    const resource = name === undefined ? '*' : secret?.arn ?? (name.startsWith('arn:') ? name : arn('secretsmanager', `secret:${name}-000000`));
    const context = {
      ...(action === 'CreateSecret' ? { 'secretsmanager:Name': name ?? '' } : { 'secretsmanager:SecretId': resource }),
      ...Object.fromEntries(Object.entries(secret?.tags ?? {}).flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`secretsmanager:ResourceTag/${key}`, value]])),
      ...requestTags(input),
    };
    const tagging = action === 'CreateSecret' && Array.isArray(input.Tags) && input.Tags.length > 0;
    const actions = [action, ...(tagging ? ['TagResource'] : [])];
    return actions.map((needed) => ({ action: `secretsmanager:${needed}`, resource: action === 'ListSecrets' ? '*' : resource, context }));
  };

  return {
    service: { name: 'secretsmanager', target: 'secretsmanager', contentType: 'application/x-amz-json-1.1', actions, needs },
    secrets,
    close() {
      for (const cancel of timers) cancel();
    },
  };
}

function secretValue(input: Input): SecretValue | undefined {
  const [SecretString, SecretBinary] = [optionalString(input, 'SecretString'), optionalString(input, 'SecretBinary')];
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsError(CODE, "You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (SecretString === undefined && SecretBinary === undefined) return undefined;
  const length = SecretString === undefined ? Buffer.from(SecretBinary ?? '', 'base64').length : Buffer.byteLength(SecretString);
  if (length < 1 || length > 65_536) throw new AwsError('ValidationException', 'A secret value must hold 1 to 65536 bytes.');
  return SecretString === undefined ? { SecretBinary } : { SecretString };
}

function requestToken(input: Input): string {
  const token = optionalString(input, 'ClientRequestToken') ?? randomUUID();
  if (token.length < 32 || token.length > 64) {
    throw new AwsError(CODE, 'ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

function versionOf(secret: Secret, id: string | undefined): Version | undefined {
  if (id === undefined) return undefined;
  const version = secret.version(id);
  if (!version) throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for VersionId: ${id}`);
  return version;
}

function tagsOf(input: Input): Record<string, string> {
  return Object.fromEntries(records(input, 'Tags').map((tag) => [string(tag, 'Key', CODE), optionalString(tag, 'Value') ?? '']));
}

function requestTags(input: Input): Record<string, string | readonly string[]> {
  const tags = Array.isArray(input.Tags) ? input.Tags.filter(isRecord).map(({ Key, Value }) => [String(Key), String(Value)]) : [];
  if (tags.length === 0) return {};
  return { 'aws:TagKeys': tags.map(([key]) => key), ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])) };
}

const named = (secret: Secret, version: Version | undefined) => ({ ARN: secret.arn, Name: secret.name, VersionId: version?.id });

function overview(secret: Secret) {
  return {
    ARN: secret.arn, Name: secret.name, Description: secret.description, KmsKeyId: secret.kmsKeyId,
    CreatedDate: seconds(secret.createdAt), LastChangedDate: seconds(secret.changedAt), LastAccessedDate: seconds(secret.lastAccessedAt),
    DeletedDate: seconds(secret.deletion?.requestedAt),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  };
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

function paged<T>(all: readonly T[], input: Input): { page: readonly T[]; next?: string } {
  const start = Number(optionalString(input, 'NextToken') ?? 0);
  if (!Number.isInteger(start)) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
  const end = start + (optionalInteger(input, 'MaxResults') ?? 100);
  return { page: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}

const seconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000);
const startOfDay = (now: number) => now - (now % DAY);
