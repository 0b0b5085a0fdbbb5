import { IoTSecureTunnelingClient, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The least: somebody says which tunnel, and nothing is looked at. The token has to be made, and to be put where it is read. */
const tunneling = new IoTSecureTunnelingClient({});
const secrets = new SecretsManagerClient({});

export async function handler({ tunnelId, isFirst }: { tunnelId: string; isFirst: boolean }): Promise<void> {
  const { sourceAccessToken } = await tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
  const name = `two-calls/${tunnelId}/source`;
  const SecretString = JSON.stringify({ token: sourceAccessToken });
  if (isFirst) await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
  else await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
}
