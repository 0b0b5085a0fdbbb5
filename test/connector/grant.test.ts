import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { startEchoDevice } from '../../demo/device';
import { TunnelTokenRotator } from '../../lib';
import { type LocalCloud, startLocalCloud } from '../../local-cloud/cloud';
import { evaluate } from '../../local-cloud/iam/evaluate';
import { parsePolicy } from '../../local-cloud/iam/policy';
import type { LocalCloudOptions } from '../../local-cloud/options';
import { connectDestination } from '../../tunnel-protocol/peer';
import { connect, type ConnectOptions } from '../../connector/connect';
import { readable, resource } from '../lib/synth';
import { Console } from './support/console';
import { freePort, Operator } from './support/operator';
import { CHILD } from './support/desk';

/**
 * `grantConnect` as a policy: the connector's whole loop, run as a role that has what the grant gives and nothing else. The roles are
 * those of the synthesized template, and the local cloud judges every call by them.
 */
const QUICK = { poll: [{ until: Infinity, every: 50 }], watch: { first: 100, factor: 1, longest: 100 }, askAgain: { first: 2_000, factor: 1, longest: 2_000 } };
const USER = { region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
const before = { ...process.env };
let directory: string;
let cloud: LocalCloud;
let tunneling: IoTSecureTunnelingClient;
let sts: STSClient;
let ends: (() => unknown)[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-grant-'));
  ends = [];
});

afterEach(async () => {
  for (const end of ends) await end();
  tunneling.destroy();
  sts.destroy();
  await cloud.close();
  rmSync(directory, { recursive: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
});

async function start(options: LocalCloudOptions = {}): Promise<void> {
  cloud = await startLocalCloud(options);
  Object.assign(process.env, cloud.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
  tunneling = new IoTSecureTunnelingClient({ ...USER, endpoint: cloud.endpoint });
  sts = new STSClient({ ...USER, endpoint: cloud.endpoint });
}

/** A tunnel to an echo device that nobody has connected to yet. */
async function openTunnel(): Promise<string> {
  const { tunnelId = '', destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const device = await startEchoDevice();
  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
  ends.push(() => destination.close(), () => device.close());
  return tunnelId;
}

/** Deploys a stack in which `build` gives a role its rights; resolves with its outputs, among them the role's ARN. */
async function deploy(stackName: string, build: (stack: Stack, role: Role) => void): Promise<Readonly<Record<string, string>>> {
  const app = new App({ outdir: join(directory, stackName) });
  const stack = new Stack(app, stackName);
  const role = new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() });
  new CfnOutput(stack, 'RoleArn', { value: role.roleArn });
  build(stack, role);
  app.synth();
  return (await cloud.deploy(join(directory, stackName))).outputs;
}

/** From here on this process acts as the role, as somebody who assumed it in a shell. */
async function actAs(RoleArn: string): Promise<void> {
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'operator' }));
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId, AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey, AWS_SESSION_TOKEN: Credentials?.SessionToken,
  });
}

async function options(tunnelId: string, secretPrefix: string): Promise<ConnectOptions & { readonly port: number }> {
  const port = await freePort();
  return {
    port, tunnelId, secretPrefix, policy: QUICK, stopGrace: 500, footprints: join(directory, 'footprints'),
    // The loop is to go through the rotator.
    clientToken: false, proxy: { services: [`SSH=${port}`] },
  };
}

/** The whole loop: no token yet, a request, a session, a drop with proof, a session again, and the end of the tunnel. */
async function wholeLoop(tunnelId: string, secretPrefix: string): Promise<{ how: string; heard: boolean[]; drops: number; news: string[] }> {
  const { port, ...rest } = await options(tunnelId, secretPrefix);
  const operator = new Operator(port, rest);
  await operator.connected();
  const heard = [await operator.talk('hello')];
  cloud.tunneling.admin.cut(tunnelId, 'source');
  await operator.hangup();
  const { drops } = await operator.connected();
  heard.push(await operator.talk('still there?'));
  await tunneling.send(new CloseTunnelCommand({ tunnelId }));
  return { how: await operator.over(), heard, drops, news: operator.news };
}

describe('a role with grantConnect', () => {
  it.each<[string, 'all tunnels' | 'this tunnel', LocalCloudOptions['missingSecrets']]>([
    ['for all tunnels', 'all tunnels', 'not-found'],
    ['for one tunnel', 'this tunnel', 'not-found'],
    ['for one tunnel, where a missing secret is called forbidden', 'this tunnel', 'access-denied'],
  ])('goes through the whole loop: %s', async (_, extent, missingSecrets) => {
    await start({ missingSecrets });
    const tunnelId = await openTunnel();
    const { RoleArn, SecretPrefix } = await deploy('Tunnels', (stack, role) => {
      const rotator = new TunnelTokenRotator(stack, 'Rotator');
      rotator.grantConnect(role, extent === 'this tunnel' ? { tunnelId } : {});
      new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
    });
    await actAs(RoleArn);
    const { how, heard, drops, news } = await wholeLoop(tunnelId, SecretPrefix);
    expect({ how, heard, drops }).toEqual({ how: 'closed', heard: [true, true], drops: 1 });
    expect(news.join('\n')).toMatch(/Using arn:aws:sts::123456789012:assumed-role\/\S+\/operator in eu-west-1/);
    // Perhaps more than once each: on a slow machine the answer takes longer than the patience.
    const published = cloud.calls.find({ caller: 'operator', action: 'Publish' }).map(({ resources, status }) => `${resources[0].split('/').pop()} ${status}`);
    expect([...new Set(published)]).toEqual(['token-request 200', 'disconnected 200']);
    // Only what AWS's documents leave open may be denied: touching a secret that is not there, ours and the rotator's first time.
    const denied = cloud.calls.denied.map(({ caller, action, resources }) => `${caller} ${action} ${resources}`);
    const absent = new RegExp(`^(operator GetSecretValue|\\S+Rotator\\S+ (Put|Describe)Secret(Value)?) ${SecretPrefix}/${tunnelId}/source$`);
    expect(denied.filter((denial) => missingSecrets === 'not-found' || !absent.test(denial))).toEqual([]);
  });

  it('is kept from other tunnels', async () => {
    await start();
    const [mine, theirs] = [await openTunnel(), await openTunnel()];
    const { RoleArn, SecretPrefix } = await deploy('Tunnels', (stack, role) => {
      const rotator = new TunnelTokenRotator(stack, 'Rotator');
      rotator.grantConnect(role, { tunnelId: mine });
      new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
    });
    await actAs(RoleArn);
    expect(await connect(await options(theirs, SecretPrefix)).ended).toMatchObject({ name: 'access-denied', exitCode: 15 });
  });
});

describe('a role that may open tunnels', () => {
  it('opens one to its thing, finds it again, closes it, and no doctor finds anything wrong', async () => {
    await start();
    const { RoleArn, SecretPrefix } = await deploy('Tunnels', (stack, role) => {
      const rotator = new TunnelTokenRotator(stack, 'Rotator');
      rotator.grantConnect(role, { thingName: 'pump-*', openTunnels: true });
      new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
    });
    await actAs(RoleArn);
    process.env.XDG_RUNTIME_DIR = directory;
    const session = async (line: string) => {
      const console = new Console();
      const code = console.run(`${line} --prefix ${SecretPrefix} --log-level info`, [...CHILD, 'lasts']);
      await console.shows('connected for');
      console.signals.emit('SIGINT');
      expect(await code).toBe(0);
      return console.err;
    };
    expect(await session('--thing pump-7 --services SSH --open-tunnel --keep')).toContain('Opened the tunnel');
    const doctor = new Console();
    await doctor.run(`doctor --thing pump-7 -s SSH=0 --prefix ${SecretPrefix}`);
    // The device is the one thing that is not there.
    expect(doctor.out.split('\n').filter((line) => line.startsWith('!!'))).toEqual([expect.stringMatching(/^!! +device /)]);
    // The right to read hangs on a tag of the secret, and that one is not there yet.
    expect(cloud.calls.denied.map(({ action }) => action)).toEqual(['GetSecretValue']);
    expect(await new Console().run(`--thing valve-1 --services SSH --open-tunnel --prefix ${SecretPrefix}`, ['true'])).toBe(15);
  });
});

describe('a role without a grant', () => {
  it('gets through the whole loop with the statements that the connector prints, and each of them is in the grant', async () => {
    await start();
    const tunnelId = await openTunnel();
    let granted: object = {};
    const { SecretPrefix } = await deploy('Tunnels', (stack, role) => {
      const rotator = new TunnelTokenRotator(stack, 'Rotator');
      rotator.grantConnect(role, { tunnelId });
      new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
      granted = resource(Template.fromStack(stack), 'AWS::IAM::Policy', 'OperatorDefaultPolicy').Properties.PolicyDocument;
    });

    const pasted: { Action: string; Resource: string }[] = [];
    while (!await loopsTwice(tunnelId, SecretPrefix, pasted)) expect(pasted.length).toBeLessThan(5);

    // The secret that is not there yet may be called forbidden, so a request for a token comes before a complaint about it.
    expect(pasted.map(({ Action }) => Action)).toEqual(['iot:DescribeTunnel', 'iot:Publish', 'secretsmanager:GetSecretValue', 'iot:Publish']);
    const grant = parsePolicy(JSON.parse(inThisAccount(readable(granted))));
    for (const { Action, Resource } of pasted) {
      expect([Resource, evaluate(grant, { action: Action, resource: Resource, context: new Map() })]).toEqual([Resource, 'allowed']);
    }
  });
});

/** Runs the connector as a role with these statements until it has connected twice; else adds the statement that it asked for. */
async function loopsTwice(tunnelId: string, secretPrefix: string, statements: object[]): Promise<boolean> {
  const { RoleArn } = await deploy(`Pasted${statements.length}`, (_, role) => {
    for (const statement of statements) role.addToPolicy(PolicyStatement.fromJson(statement));
  });
  await actAs(RoleArn);
  const child = [...CHILD, 'cut'];
  const connection = connect({ ...await options(tunnelId, secretPrefix), proxy: {}, command: child });
  let times = 0;
  for await (const { state } of connection) {
    if (state === 'connected' && ++times === 2) return true;
  }
  const { name, details } = await connection.ended;
  expect(name).toBe('access-denied');
  statements.push(JSON.parse(details.slice(1, details.indexOf('  }') + 1).join('\n')));
  return false;
}

const inThisAccount = (policy: object): string => JSON.stringify(policy)
  .replaceAll('${AWS::Partition}', 'aws').replaceAll('${AWS::Region}', 'eu-west-1').replaceAll('${AWS::AccountId}', '123456789012');
