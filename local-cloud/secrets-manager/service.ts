import type { Clock } from '../clock';
import { optionalBoolean, optionalInteger, optionalString, records, string, strings, type Input } from '../inputs';
import { paged } from '../paging';
import type { Place } from '../place';
import { AwsError, type Service } from '../service';
import { needs } from './needs';
import { CODE, requestToken, secretValue, tagsOf, versionOf, versionStages } from './requests';
import { DAY, Secret } from './secret';
import { byFilters, dayOf, named, overview, seconds, stagesOf } from './views';

export interface SecretsManagerOptions {
  readonly clock: Clock;
  readonly place: Place;
  /** How long a forced deletion keeps the name busy, in milliseconds: AWS deletes asynchronously. */
  readonly deletionLag: number;
  /** What a limited role hears of a secret that isn't there, see `LocalCloudOptions`. */
  readonly missingSecrets: 'not-found' | 'access-denied';
}

export interface SecretsManager {
  readonly service: Service;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Takes in a secret of an earlier run, and ends it if its time has come. */
  restore(secret: Secret): void;
  close(): void;
}

const PAGES = { size: 'MaxResults', most: 100, invalidSize: 'ValidationException', invalidToken: 'InvalidNextTokenException' };

/** Replicas, rotation and secrets of other owners are not here. */
const PARAMETERS = {
  CreateSecret: ['Name', 'ClientRequestToken', 'Description', 'KmsKeyId', 'SecretBinary', 'SecretString', 'Tags'],
  PutSecretValue: ['SecretId', 'ClientRequestToken', 'SecretBinary', 'SecretString', 'VersionStages'],
  UpdateSecret: ['SecretId', 'ClientRequestToken', 'Description', 'KmsKeyId', 'SecretBinary', 'SecretString'],
  ListSecrets: ['IncludePlannedDeletion', 'MaxResults', 'NextToken', 'Filters'],
};

/** AWS Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/ */
export function createSecretsManager({ clock, place, deletionLag, missingSecrets }: SecretsManagerOptions): SecretsManager {
  const secrets = new Map<string, Secret>();
  /** Deleted by force, the name not free yet. */
  const vanishing = new Map<string, Secret>();
  const timers = new Set<() => void>();

  /** By name, ARN, or ARN without its random end. */
  const find = (id: string): Secret | undefined =>
    secrets.get(id) ?? [...secrets.values()].find(({ arn: full }) => full === id || full.slice(0, -7) === id);
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

  const endWhenDue = (secret: Secret) => {
    const { deletion } = secret;
    if (deletion) later(Math.max(0, deletion.dueAt - clock.now()), () => { if (secret.deletion === deletion) secrets.delete(secret.name); });
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
      const secret = Secret.create(name, now, place);
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
      const stages = versionStages(call.input);
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
      secret.lastAccessedAt = version.lastAccessedAt = dayOf(clock.now());
      return { ...named(secret, version), ...version.value, VersionStages: [...version.stages], CreatedDate: seconds(version.createdAt) };
    },

    DescribeSecret(call) {
      const secret = get(call);
      return { ...overview(secret), VersionIdsToStages: stagesOf(secret) };
    },

    ListSecrets({ input }) {
      const wanted = [...secrets.values()]
        .filter(({ deletion }) => !deletion || optionalBoolean(input, 'IncludePlannedDeletion'))
        .filter(byFilters(records(input, 'Filters')));
      const { page, next } = paged(wanted, input, PAGES);
      return { SecretList: page.map((secret) => ({ ...overview(secret), SecretVersionsToStages: stagesOf(secret) })), NextToken: next };
    },

    ListSecretVersionIds(call) {
      const secret = get(call);
      const all = optionalBoolean(call.input, 'IncludeDeprecated') ? secret.all() : secret.all().filter(({ stages }) => stages.size > 0);
      const { page, next } = paged(all, call.input, PAGES);
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
        throw new AwsError(CODE, `Staging label ${stage} is attached to version ${holder.id}, so RemoveFromVersionId must name that version.`);
      }
      if (from && holder !== from) throw new AwsError(CODE, `Staging label ${stage} is not attached to version ${from.id}.`);
      if (stage === 'AWSCURRENT' && !to) throw new AwsError(CODE, 'Staging label AWSCURRENT can be moved to another version, but not removed.');
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
        endWhenDue(secret);
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

  return {
    service: {
      name: 'secretsmanager', target: 'secretsmanager', contentType: 'application/x-amz-json-1.1', actions, parameters: PARAMETERS,
      needs: (call) => needs(call, { find, place, missingSecrets }),
    },
    secrets,
    restore(secret) {
      secrets.set(secret.name, secret);
      endWhenDue(secret);
    },
    close() {
      for (const cancel of timers) cancel();
    },
  };
}
