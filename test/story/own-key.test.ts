import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { TunnelTokenRotator } from '../../lib';
import { runDirectory } from '../support/run-directory';
import { recovered, worldForEachStory } from '../support/stories';

/** A rotator whose tokens and logs have keys of the same stack, and a role that may read the tokens. */
function synthesizeWithKeys(): string {
  const stack = new Stack(new App({ outdir: mkdtempSync(join(runDirectory(), 'keys-')) }), 'Keys');
  const rotator = new TunnelTokenRotator(stack, 'Rotator', {
    encryptionKey: new Key(stack, 'TokenKey'), logEncryptionKey: new Key(stack, 'LogKey'),
  });
  const reader = new Role(stack, 'Reader', { assumedBy: new AccountRootPrincipal() });
  rotator.grantReadToken(reader);
  new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
  new CfnOutput(stack, 'ReaderArn', { value: reader.roleArn });
  return (stack.node.root as App).synth().directory;
}

const world = worldForEachStory(synthesizeWithKeys);

test('GIVEN tokens with a key of the deployer\'s WHEN a source drops THEN it comes back, and a reader reads its token through Secrets Manager', async () => {
  const tunnel = await recovered(world());
  const settings = { endpoint: world().cloud.endpoint, region: 'eu-west-1' };
  const sts = new STSClient({ ...settings, credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: world().deployment.outputs.ReaderArn, RoleSessionName: 'reader' }));
  const secrets = new SecretsManagerClient({
    ...settings, credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken },
  });
  await secrets.send(new DescribeSecretCommand({ SecretId: tunnel.secretName }));
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: tunnel.secretName }));
  [sts, secrets].forEach((client) => client.destroy());
  expect(JSON.parse(SecretString)).toMatchObject({ tunnelId: tunnel.id, proof: expect.any(String) });
});
