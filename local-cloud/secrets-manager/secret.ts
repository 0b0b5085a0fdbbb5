import { randomBytes } from 'node:crypto';
import type { Place } from '../place';
import { AwsError } from '../service';

export const DAY = 86_400_000;
/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const VERSION_LIMIT = 100;

export interface SecretValue {
  readonly SecretString?: string;
  /** Base64, as it comes and goes. */
  readonly SecretBinary?: string;
}

export interface Version {
  readonly id: string;
  readonly value: SecretValue;
  readonly createdAt: number;
  readonly stages: Set<string>;
  lastAccessedAt?: number;
}

/** A secret as JSON can hold it. */
export interface SecretState {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly changedAt: number;
  readonly lastAccessedAt?: number;
  readonly deletion?: Secret['deletion'];
  readonly versions: readonly (Omit<Version, 'stages'> & { readonly stages: readonly string[] })[];
}

/** One secret and its versions. A version without a stage is deprecated; it stays until there are too many. */
export class Secret {
  description?: string;
  kmsKeyId?: string;
  tags: Record<string, string> = {};
  changedAt: number;
  lastAccessedAt?: number;
  /** When the wait of a scheduled deletion began and ends. */
  deletion?: { readonly requestedAt: number; readonly dueAt: number };
  private readonly versions = new Map<string, Version>();

  private constructor(readonly name: string, readonly createdAt: number, readonly arn: string) {
    this.changedAt = createdAt;
  }

  static create(name: string, createdAt: number, place: Place): Secret {
    return new Secret(name, createdAt, place.arn('secretsmanager', `secret:${name}-${suffix()}`));
  }

  static from({ name, createdAt, arn: given, versions, tags, ...rest }: SecretState): Secret {
    const secret = new Secret(name, createdAt, given);
    Object.assign(secret, rest, { tags: { ...tags } });
    for (const version of versions) secret.versions.set(version.id, { ...version, stages: new Set(version.stages) });
    return secret;
  }

  state(): SecretState {
    const { name, arn: own, createdAt, description, kmsKeyId, tags, changedAt, lastAccessedAt, deletion } = this;
    const versions = this.all().map((version) => ({ ...version, stages: [...version.stages] }));
    return { name, arn: own, createdAt, description, kmsKeyId, tags, changedAt, lastAccessedAt, deletion, versions };
  }

  all(): readonly Version[] {
    return [...this.versions.values()];
  }

  version(id: string): Version | undefined {
    return this.versions.get(id);
  }

  staged(stage: string): Version | undefined {
    return this.all().find(({ stages }) => stages.has(stage));
  }

  /**
   * Adds a version, or finds that it is there already: the same token with the same value is a repeat.
   * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
   * @throws AwsError ResourceExistsException for the same token with another value, LimitExceededException
   */
  put(id: string, value: SecretValue, stages: readonly string[], now: number): Version {
    const known = this.versions.get(id);
    if (known) {
      if (!sameValue(known.value, value)) {
        throw new AwsError('ResourceExistsException', "You can't modify an existing version: its ClientRequestToken came with another secret value.");
      }
      return known;
    }
    this.makeRoom(now);
    const version: Version = { id, value, createdAt: now, stages: new Set() };
    this.versions.set(id, version);
    // The first version is the current one, whatever the caller says.
    for (const stage of this.versions.size === 1 ? new Set(['AWSCURRENT', ...stages]) : stages) this.moveStage(stage, version);
    this.changedAt = now;
    return version;
  }

  /** A stage stands on one version only. Whoever loses AWSCURRENT becomes AWSPREVIOUS. */
  moveStage(stage: string, to: Version | undefined): void {
    const from = this.staged(stage);
    if (from === to) return;
    from?.stages.delete(stage);
    to?.stages.add(stage);
    if (stage === 'AWSCURRENT' && from) this.moveStage('AWSPREVIOUS', from);
  }

  /** Deprecated versions older than a day go first; younger ones never do, so a hasty writer is refused. */
  private makeRoom(now: number): void {
    const deprecated = this.all().filter(({ stages, createdAt }) => stages.size === 0 && createdAt <= now - DAY);
    while (this.versions.size >= VERSION_LIMIT && deprecated.length > 0) this.versions.delete(deprecated.shift()!.id);
    if (this.versions.size >= VERSION_LIMIT) {
      throw new AwsError('LimitExceededException', `You've reached the limit of ${VERSION_LIMIT} versions; those younger than 24 hours are kept.`);
    }
  }
}

const sameValue = (a: SecretValue, b: SecretValue) => a.SecretString === b.SecretString && a.SecretBinary === b.SecretBinary;

function suffix(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join('');
}
