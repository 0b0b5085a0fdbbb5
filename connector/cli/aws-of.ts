import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { sourceSecretName } from '../../lib/runtime-contract';
import { defaultRegion } from '../aws/aws';
import { arnsOf, awsCall, isAbsence } from '../aws/aws-call';
import { Clients } from '../aws/clients';
import { UsageError } from '../session/failures';

/** What a command that only looks around needs of AWS. */
export async function awsOf(wanted: string | undefined, prefix: string | undefined, now: () => number) {
  const region = wanted ?? await defaultRegion();
  if (!region) throw new UsageError('There is no region. Use --region, or set AWS_REGION.');
  const clients = new Clients(region, now);
  return {
    region,
    clients,
    aws: {
      /** Whether a token was ever delivered; undefined if we may not know. */
      async hasToken(tunnelId: string): Promise<boolean | undefined> {
        const SecretId = sourceSecretName(prefix ?? '', tunnelId);
        const permission = { action: 'secretsmanager:DescribeSecret', resource: arnsOf(region).secret(SecretId) };
        try {
          await awsCall(permission, () => clients.current.secrets.send(new DescribeSecretCommand({ SecretId })));
          return true;
        } catch (error) {
          return isAbsence(error) ? false : undefined;
        }
      },
    },
  };
}
