import { ListSecretsCommand, type SecretListEntry, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SECRET_TAGS, sourceSecretName } from '../../lib/runtime-contract';
import { awsCall } from './aws-call';

/**
 * The tunnels whose secrets lie below a prefix, by name and tag. No value is read. AWS may not list what was made within the last five minutes.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
 */
export class ListedSecrets {
  constructor(private readonly client: SecretsManagerClient, private readonly prefix: string) {}

  async *tunnelIds(): AsyncGenerator<string> {
    let NextToken: string | undefined;
    do {
      const page = await awsCall('SecretsManager.ListSecrets', () => this.client.send(
        new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [`${this.prefix}/`] }], MaxResults: 100, NextToken })));
      for (const secret of page.SecretList ?? []) {
        const tunnelId = tagOf(secret, SECRET_TAGS.tunnel);
        // The rotator named and tagged it; somebody else's secret below the prefix is none of ours.
        if (tunnelId !== undefined && secret.Name === sourceSecretName(this.prefix, tunnelId)) yield tunnelId;
      }
      NextToken = page.NextToken;
    } while (NextToken);
  }
}

const tagOf = ({ Tags = [] }: SecretListEntry, key: string): string | undefined => Tags.find(({ Key }) => Key === key)?.Value;
