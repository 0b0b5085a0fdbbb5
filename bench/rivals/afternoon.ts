import {
  DescribeTunnelCommand, IoTSecureTunnelingClient, RotateTunnelAccessTokenCommand, paginateListTunnels,
} from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand, PutSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/**
 * The rotator that one writes in an afternoon: every minute, whoever is disconnected gets a new token. It has no ledger, so it can't tell a token that was
 * used from one that lies there unused, nor its own rotation from a drop.
 */
const tunneling = new IoTSecureTunnelingClient({});
const secrets = new SecretsManagerClient({});

export async function handler(): Promise<void> {
  for await (const { tunnelSummaries = [] } of paginateListTunnels({ client: tunneling }, { maxResults: 100 })) {
    for (const { tunnelId, status } of tunnelSummaries) {
      if (!tunnelId || status !== 'OPEN') continue;
      await look(tunnelId).catch((error: Error) => console.error(`${tunnelId}: ${error.name}`));
    }
  }
}

async function look(tunnelId: string): Promise<void> {
  const { tunnel } = await tunneling.send(new DescribeTunnelCommand({ tunnelId }));
  if (tunnel?.sourceConnectionState?.status !== 'DISCONNECTED') return;
  const { sourceAccessToken } = await tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
  const name = `afternoon/${tunnelId}/source`;
  const SecretString = JSON.stringify({ token: sourceAccessToken });
  try {
    await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
  }
}
