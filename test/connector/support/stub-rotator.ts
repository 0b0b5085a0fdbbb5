import { IoTSecureTunnelingClient, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sourceSecretName } from '../../../lib/runtime-contract';
import type { LocalCloud } from '../../../local-cloud/cloud';

export const PREFIX = 'stub-tokens';

/**
 * A stub in the rotator's place: rotates and delivers on every signal, without looking, claiming or counting. For tests of the
 * connector that are not about the rotator.
 */
export class StubRotator {
  readonly signals: { readonly topic: string; readonly payload: Record<string, unknown> }[] = [];
  /** Names of what went wrong. */
  readonly failures: string[] = [];
  private readonly tunneling: IoTSecureTunnelingClient;
  private readonly secrets: SecretsManagerClient;
  private readonly unsubscribe: () => void;
  private generation = 0;
  private work: Promise<void> = Promise.resolve();

  constructor(cloud: LocalCloud) {
    const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'STUBROTATOR', secretAccessKey: 'local' } };
    this.tunneling = new IoTSecureTunnelingClient(settings);
    this.secrets = new SecretsManagerClient(settings);
    const ends = ['tunnels/+/disconnected', 'tunnels/+/token-request', 'tunnels/+/+/disconnected', 'tunnels/+/+/token-request'].map((filter) => cloud.broker.subscribe(filter, ({ topic, payload }) => {
      this.signals.push({ topic, payload: JSON.parse(payload.toString()) });
      this.work = this.work.then(() => this.deliver(decodeURIComponent(topic.split('/').at(-2)!))).catch((error: Error) => {
        this.failures.push(error.name);
      });
    }));
    this.unsubscribe = () => ends.forEach((end) => end());
  }

  /** Rotates, and puts the token where the rotator would. */
  async deliver(tunnelId: string): Promise<void> {
    const { sourceAccessToken } = await this.tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
    const Name = sourceSecretName(PREFIX, tunnelId);
    this.generation += 1;
    const proof = `proof-of-generation-${this.generation}`.padEnd(43, '-');
    const SecretString = JSON.stringify({ schemaVersion: 1, token: sourceAccessToken, proof, clientMode: 'SOURCE', tunnelId, generation: this.generation });
    await this.secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString })).catch(async (error: Error) => {
      if (error.name !== 'ResourceNotFoundException') throw error;
      await this.secrets.send(new CreateSecretCommand({ Name, SecretString }));
    });
  }

  /** Resolves when it has done what it was told by now. */
  idle(): Promise<void> {
    return this.work;
  }

  async close(): Promise<void> {
    this.unsubscribe();
    await this.work;
    this.tunneling.destroy();
    this.secrets.destroy();
  }
}
