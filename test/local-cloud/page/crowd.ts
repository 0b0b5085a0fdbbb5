import { OpenTunnelCommand, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { PutSecretValueCommand, CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { LocalCloud } from '../../../local-cloud/cloud';
import { connectSource, type Source } from '../../../tunnel-protocol/peer';
import type { Clients } from '../support';

/** Many sources, each of which comes back by itself: all that a page sees of a fleet, without functions that take their turn. */
export class Crowd {
  private readonly sources = new Map<string, Source>();
  private over = false;

  private constructor(private readonly cloud: LocalCloud, private readonly clients: Clients, private readonly QueueUrl: string) {}

  static async gather(cloud: LocalCloud, clients: Clients, size: number): Promise<Crowd> {
    const { QueueUrl = '' } = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'signals' }));
    const crowd = new Crowd(cloud, clients, QueueUrl);
    for (let number = 1; number <= size; number += 1) {
      const { tunnelId = '', sourceAccessToken = '' } = await clients.tunnels.send(
        new OpenTunnelCommand({ destinationConfig: { thingName: `pump-${number}`, services: ['SSH'] } }));
      await clients.secrets.send(new CreateSecretCommand({ Name: `tokens/${tunnelId}/source`, SecretString: sourceAccessToken }));
      await crowd.connect(tunnelId, sourceAccessToken);
    }
    return crowd;
  }

  async end(): Promise<void> {
    this.over = true;
    await Promise.all([...this.sources.values()].map((source) => source.close()));
  }

  private async connect(tunnelId: string, token: string): Promise<void> {
    const source = await connectSource({ endpoint: this.cloud.endpoint, token });
    this.sources.set(tunnelId, source);
    void source.closed.then(async () => {
      if (!this.over) await this.recover(tunnelId);
    }).catch(() => undefined); // the cloud is closed under it
  }

  private async recover(tunnelId: string): Promise<void> {
    const { sqs, tunnels, secrets } = this.clients;
    await sqs.send(new SendMessageCommand({ QueueUrl: this.QueueUrl, MessageBody: JSON.stringify({ tunnelId }) }));
    const { sourceAccessToken = '' } = await tunnels.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
    await secrets.send(new PutSecretValueCommand({ SecretId: `tokens/${tunnelId}/source`, SecretString: sourceAccessToken }));
    await this.connect(tunnelId, sourceAccessToken);
  }
}
