import { OpenTunnelCommand, DescribeTunnelCommand, IoTSecureTunnelingClient, ListTunnelsCommand } from '@aws-sdk/client-iotsecuretunneling';
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectSource } from '../../tunnel-protocol/peer';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import { assemblyDirectory, obedient, signals } from './stacks';

const PLACES = [['111111111111', 'us-east-1'], ['222222222222', 'cn-north-1'], ['111111111111', 'ap-southeast-2']] as const;

let cloud: LocalCloud;
let stacks: Deployment[];
const directory = assemblyDirectory();
const stateDirectory = mkdtempSync(path.join(tmpdir(), 'places-'));
const stateFile = path.join(stateDirectory, 'state.json');
afterAll(() => rmSync(stateDirectory, { recursive: true }));

beforeAll(async () => {
  const app = new App({ outdir: directory, context: { 'aws:cdk:disable-asset-staging': false }, analyticsReporting: false });
  PLACES.forEach(([account, region], index) => {
    const stack = new Stack(app, `Far-${index}`, { stackName: 'Far', env: { account, region } });
    obedient(stack);
    const role = new Role(stack, 'Lister', { assumedBy: new AccountRootPrincipal() });
    role.addToPolicy(new PolicyStatement({ actions: ['iot:ListTunnels'], resources: ['*'] }));
    new CfnOutput(stack, 'ListerArn', { value: role.roleArn });
  });
  signals(new Stack(app, 'Home'));
  app.synth();
  cloud = await startLocalCloud({ stateFile });
  stacks = [];
  for (const index of PLACES.keys()) stacks.push(await cloud.deploy(directory, `Far-${index}`));
  await cloud.deploy(directory, 'Home');
});
afterAll(() => cloud.close());

/** The real SDK, in the environment of a stack. */
function clientsIn({ AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID }: Readonly<Record<string, string>>) {
  const settings = {
    endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: 'local' }, maxAttempts: 1,
  };
  return { sqs: new SQSClient(settings), tunnels: new IoTSecureTunnelingClient(settings), sts: new STSClient(settings) };
}

test('GIVEN stacks with an env of their own WHEN they are deployed THEN account, region and partition stand in every ARN', () => {
  expect(stacks.map(({ account, region }) => [account, region])).toEqual(PLACES);
  const arns = cloud.places.slice(1).map(({ lambda }) => [...lambda.functions.values()].map(({ arn }) => arn.replace(/function:.*/, '')));
  expect(arns).toEqual([['arn:aws:lambda:us-east-1:111111111111:'], ['arn:aws-cn:lambda:cn-north-1:222222222222:'], ['arn:aws:lambda:ap-southeast-2:111111111111:']]);
});

test('GIVEN a queue before each function WHEN a message comes THEN each function runs under its own role, in its own region', async () => {
  for (const services of cloud.places.slice(1)) {
    const [queue] = [...services.sqs.queues.values()].filter(({ name }) => name.includes('Jobs'));
    const [target] = [...services.lambda.functions.values()];
    const ended = cloud.functions.next(target.name);
    queue.send(JSON.stringify({ do: 'log', line: 'hello' }), 'test');
    expect((await ended).error).toBeUndefined();
    const result = await target.invoke({ do: 'environment' });
    expect(result).toMatchObject({ payload: { AWS_REGION: services.place.region, COLOR: 'red' } });
    const secret = await target.invoke({ do: 'read-secret', secretId: 'allowed/nothing' });
    expect(secret).toMatchObject({ kind: 'failed', error: { errorType: 'ResourceNotFoundException' } });
  }
  expect(cloud.calls.denied).toEqual([]);
});

test('GIVEN the same name in several places WHEN each looks THEN it sees its own', async () => {
  const [first, second] = [clientsIn(stacks[0].env), clientsIn(stacks[2].env)];
  const { QueueUrl } = await first.sqs.send(new CreateQueueCommand({ QueueName: 'same' }));
  expect(new URL(QueueUrl!).pathname).toBe('/111111111111/same');
  expect((await second.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'same' }))).QueueUrls ?? []).toEqual([]);
  expect(await second.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111111111111' });
});

test('GIVEN a tunnel of another region WHEN its token is used THEN it connects, and only that region shows it', async () => {
  const [there, elsewhere] = [clientsIn(stacks[0].env), clientsIn(cloud.env)];
  const { tunnelId, tunnelArn, sourceAccessToken } = await there.tunnels.send(new OpenTunnelCommand({}));
  expect(tunnelArn).toMatch(/^arn:aws:iot:us-east-1:111111111111:tunnel\//);
  const source = await connectSource({ endpoint: cloud.endpoint, token: sourceAccessToken! });
  const { tunnel } = await there.tunnels.send(new DescribeTunnelCommand({ tunnelId }));
  expect(tunnel?.sourceConnectionState?.status).toBe('CONNECTED');
  expect((await elsewhere.tunnels.send(new ListTunnelsCommand({}))).tunnelSummaries).toEqual([]);
  await source.close();
});

test('GIVEN a role of another account WHEN its own users assume it THEN they may; users of others may not', async () => {
  const RoleArn = stacks[0].outputs.ListerArn;
  const { Credentials } = await clientsIn(stacks[0].env).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }));
  const lister = new IoTSecureTunnelingClient({
    endpoint: cloud.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: 'x' },
  });
  await expect(lister.send(new ListTunnelsCommand({}))).resolves.toBeDefined();
  await expect(clientsIn(cloud.env).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }))).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('GIVEN what is no region WHEN it is asked for THEN it is refused, and nothing comes up', async () => {
  const { sqs } = clientsIn({ ...cloud.env, AWS_REGION: 'nowhere' });
  await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  expect(cloud.places.some(({ place }) => place.region === 'nowhere')).toBe(false);
});

test('GIVEN queues and tunnels in several places WHEN the cloud comes back THEN each has its own again', async () => {
  const other = path.join(stateDirectory, 'other.json');
  const first = await startLocalCloud({ stateFile: other, region: 'eu-central-1' });
  const far = { ...first.env, AWS_REGION: 'us-west-2' };
  await clientsIn(far).sqs.send(new CreateQueueCommand({ QueueName: 'kept' }));
  const { tunnelId } = await clientsIn(first.env).tunnels.send(new OpenTunnelCommand({}));
  await first.close();
  const second = await startLocalCloud({ stateFile: other, region: 'eu-central-1' });
  const at = (env: Readonly<Record<string, string>>) => clientsIn({ ...env, AWS_ENDPOINT_URL: second.endpoint });
  expect((await at(far).sqs.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(1);
  expect((await at(first.env).tunnels.send(new ListTunnelsCommand({}))).tunnelSummaries).toMatchObject([{ tunnelId }]);
  await second.close();
});
