import {
  CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand, PutSecretValueCommand, RestoreSecretCommand, type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SECRET_TAGS, sourceSecretName } from '../../lib/runtime-contract';
import { DependencyError } from '../domain/errors';
import type { Parcel, Vault } from '../domain/ports';
import type { Deposit } from '../domain/vocabulary';
import { awsCall, refusedWith } from './aws-call';

/**
 * A role that is limited to some secrets may be told either of a secret that isn't there. If access really is denied, creating it is as well.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 */
const MAYBE_MISSING = ['ResourceNotFoundException', 'AccessDeniedException'];

/** The one reason for which Secrets Manager calls our requests invalid: the secret is on its way out. */
const MARKED_FOR_DELETION = 'InvalidRequestException';

/** What may be said of a name whose secret we have just deleted. */
const NOT_GONE_YET = [MARKED_FOR_DELETION, 'ResourceExistsException'];

/** A deletion at once is asynchronous and frees the name in a moment, so the next try may succeed. */
const nameIsBusy = ({ call, code, withoutEffect }: DependencyError) => new DependencyError(call, 'unavailable', code, withoutEffect);

/**
 * No right to put, or none to the key that the secret has: Secrets Manager calls both AccessDeniedException and names KMS in the message only,
 * which is not for us to read.
 */
const isRefusedPut = (error: unknown): boolean =>
  error instanceof DependencyError && error.call === 'SecretsManager.PutSecretValue' && error.kind === 'access-denied';

/** Of a key, its id, whichever way it is named; of an alias, its name. */
const withoutArn = (key: string | undefined): string | undefined => key?.replace(/^arn:[^/]*:(key\/)?/, '');

export interface VaultSettings {
  readonly prefix: string;
  readonly region: string;
  readonly stackName: string;
  /** KMS key of new secrets; absent, they get the AWS managed key. */
  readonly keyArn?: string;
  /** Further tags of new secrets. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The secrets, write-only: this adapter's role may see that a version exists, and not what is in it. */
export class SecretsVault implements Vault {
  constructor(private readonly client: SecretsManagerClient, private readonly settings: VaultSettings) {}

  async inspect(tunnelId: string): Promise<Deposit> {
    try {
      const { VersionIdsToStages = {}, DeletedDate, LastChangedDate } = await awsCall('SecretsManager.DescribeSecret',
        () => this.client.send(new DescribeSecretCommand({ SecretId: sourceSecretName(this.settings.prefix, tunnelId) })));
      return {
        current: DeletedDate ? undefined : Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id].includes('AWSCURRENT')),
        versions: Object.keys(VersionIdsToStages),
        changedAt: LastChangedDate?.getTime(),
      };
    } catch (error) {
      if (MAYBE_MISSING.some((code) => refusedWith(error, code))) return { versions: [] };
      throw error;
    }
  }

  async deliver(parcel: Parcel, versionId: string, exists: boolean): Promise<void> {
    try {
      await (exists ? this.putOrCreate(parcel, versionId) : this.createOrPut(parcel, versionId));
    } catch (error) {
      if (!isRefusedPut(error) || !(await this.hasFormerKey(parcel.tunnelId))) throw error;
      await this.renew(parcel, versionId);
    }
  }

  async destroy(tunnelId: string): Promise<void> {
    try {
      await awsCall('SecretsManager.DeleteSecret', () => this.client.send(new DeleteSecretCommand({
        SecretId: sourceSecretName(this.settings.prefix, tunnelId),
        ForceDeleteWithoutRecovery: true, // a dead tunnel's token is worth nothing
      })));
    } catch (error) {
      if (!refusedWith(error, 'ResourceNotFoundException')) throw error;
    }
  }

  private async putOrCreate(parcel: Parcel, versionId: string): Promise<void> {
    try {
      await this.put(parcel, versionId);
    } catch (error) {
      if (refusedWith(error, MARKED_FOR_DELETION)) await this.restoreAndPut(parcel, versionId);
      else if (refusedWith(error, 'ResourceNotFoundException') || isRefusedPut(error)) await this.createOrPut(parcel, versionId);
      else throw error;
    }
  }

  private put(parcel: Parcel, versionId: string) {
    return awsCall('SecretsManager.PutSecretValue', () => this.client.send(new PutSecretValueCommand({
      SecretId: sourceSecretName(this.settings.prefix, parcel.tunnelId),
      ClientRequestToken: versionId,
      SecretString: this.secretString(parcel),
    })));
  }

  /** Somebody scheduled the secret's deletion while its tunnel is alive; or we are renewing it, and AWS is not done with the former one. */
  private async restoreAndPut(parcel: Parcel, versionId: string): Promise<void> {
    if (await this.hasFormerKey(parcel.tunnelId)) return this.renew(parcel, versionId);
    const SecretId = sourceSecretName(this.settings.prefix, parcel.tunnelId);
    await awsCall('SecretsManager.RestoreSecret', () => this.client.send(new RestoreSecretCommand({ SecretId })));
    await this.put(parcel, versionId);
  }

  private async createOrPut(parcel: Parcel, versionId: string): Promise<void> {
    try {
      await this.create(parcel, versionId);
    } catch (error) {
      // It came into being since we looked.
      if (!refusedWith(error, 'ResourceExistsException')) throw error;
      await this.put(parcel, versionId);
    }
  }

  private async create({ tunnelId, thingName, ...rest }: Parcel, versionId: string): Promise<void> {
    const { prefix, stackName, keyArn } = this.settings;
    const tags = {
      ...this.settings.tags,
      [SECRET_TAGS.tunnel]: tunnelId, [SECRET_TAGS.stack]: stackName, ...(thingName && { [SECRET_TAGS.thing]: thingName }),
    };
    try {
      await awsCall('SecretsManager.CreateSecret', () => this.client.send(new CreateSecretCommand({
        Name: sourceSecretName(prefix, tunnelId),
        KmsKeyId: keyArn,
        Description: `Source access token of AWS IoT secure tunnel ${tunnelId}`,
        ClientRequestToken: versionId,
        SecretString: this.secretString({ tunnelId, thingName, ...rest }),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      })));
    } catch (error) {
      throw refusedWith(error, MARKED_FOR_DELETION) ? nameIsBusy(error as DependencyError) : error;
    }
  }

  /** Is the secret encrypted with another key than a new one would be? DescribeSecret tells without a right to either key. */
  private async hasFormerKey(tunnelId: string): Promise<boolean> {
    const { KmsKeyId } = await awsCall('SecretsManager.DescribeSecret',
      () => this.client.send(new DescribeSecretCommand({ SecretId: sourceSecretName(this.settings.prefix, tunnelId) })));
    return withoutArn(KmsKeyId) !== withoutArn(this.settings.keyArn);
  }

  /** What lies there was revoked when the parcel's token was made, so nothing is lost, and no right to the former key is needed. */
  private async renew(parcel: Parcel, versionId: string): Promise<void> {
    try {
      await this.destroy(parcel.tunnelId);
      await this.create(parcel, versionId);
    } catch (error) {
      throw NOT_GONE_YET.some((code) => refusedWith(error, code)) ? nameIsBusy(error as DependencyError) : error;
    }
  }

  /** What a source needs to connect, and later to prove that it did. The one place where they are revealed. */
  private secretString({ token, proof, tunnelId, services, generation, expiresAt }: Parcel): string {
    return JSON.stringify({
      schemaVersion: 1,
      token: token.reveal(),
      proof: proof.reveal(),
      clientMode: 'SOURCE',
      tunnelId,
      region: this.settings.region,
      services,
      generation,
      expiresAt: new Date(expiresAt).toISOString(),
    });
  }
}
