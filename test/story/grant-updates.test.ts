import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand, type Tag } from '@aws-sdk/client-iotsecuretunneling';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, ManagedPolicy, Role, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { TunnelTokenRotator } from '../../lib';
import { refusal } from '../local-cloud/support';
import { runDirectory } from '../support/run-directory';
import { recovered } from '../support/stories';
import { World, type Tunnel } from '../support/world';

/** Where the rights of the operators stand. */
const GRANTEES: [string, (stack: Stack, role: Role) => IGrantable][] = [
  ['a policy of the role', (_, role) => role],
  ['a managed policy that is attached to the role', (stack, role) => new ManagedPolicy(stack, 'OperatorsPolicy', { roles: [role] })],
];

/** The operators' stack, with whatever they are granted. */
function synthesize(granteeOf: (stack: Stack, role: Role) => IGrantable, grant: (rotator: TunnelTokenRotator, grantee: IGrantable) => unknown): string {
  const stack = new Stack(new App({ outdir: mkdtempSync(join(runDirectory(), 'grants-')) }), 'Tunnels');
  const rotator = new TunnelTokenRotator(stack, 'Rotator', { managedPolicies: true });
  const role = new Role(stack, 'Operators', { assumedBy: new AccountRootPrincipal() });
  const grantee = granteeOf(stack, role);
  // A managed policy can't be empty.
  if (grantee instanceof ManagedPolicy) rotator.grantSignal(grantee, { tunnelId: 'nobodys' });
  grant(rotator, grantee);
  new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
  new CfnOutput(stack, 'OperatorsArn', { value: role.roleArn });
  return (stack.node.root as App).synth().directory;
}

let world: World;
afterEach(() => world.end());

/** One session, over all updates: what its role may do counts at the time of the call. */
async function session(): Promise<{ may(tunnel: Tunnel): Promise<string[]>; open(tags?: Tag[]): Promise<string>; end(): void }> {
  const settings = { endpoint: world.cloud.endpoint, region: 'eu-west-1', maxAttempts: 1 };
  const sts = new STSClient({ ...settings, credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: world.deployment.outputs.OperatorsArn, RoleSessionName: 'somebody' }));
  const credentials = { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken };
  const [secrets, tunnels, iot] = [SecretsManagerClient, IoTSecureTunnelingClient, IoTDataPlaneClient].map((Client) => new Client({ ...settings, credentials })) as
    [SecretsManagerClient, IoTSecureTunnelingClient, IoTDataPlaneClient];
  return {
    async may({ id, secretName }) {
      const outcomes = {
        read: await refusal(secrets.send(new GetSecretValueCommand({ SecretId: secretName }))),
        look: await refusal(tunnels.send(new DescribeTunnelCommand({ tunnelId: id }))),
        signal: await refusal(iot.send(new PublishCommand({ topic: `tunnels/${id}/disconnected`, payload: Buffer.from('{}') }))),
      };
      await world.cloud.idle();
      return Object.entries(outcomes).filter(([, outcome]) => outcome === 'no error').map(([what]) => what);
    },
    open: (tags) => refusal(tunnels.send(new OpenTunnelCommand({ tags }))),
    end: () => [sts, secrets, tunnels, iot].forEach((client) => client.destroy()),
  };
}

it.each(GRANTEES)('GIVEN operators whose rights stand in %s WHEN a grant is added, narrowed and removed THEN they can do what they may each time', async (_, granteeOf) => {
  world = await World.begin(synthesize(granteeOf, () => undefined));
  const [mine, theirs] = [await recovered(world), await recovered(world)];
  const operators = await session();
  const update = async (grant: (rotator: TunnelTokenRotator, grantee: IGrantable) => unknown) => {
    await world.cloud.deploy(synthesize(granteeOf, grant));
    return [await operators.may(mine), await operators.may(theirs)];
  };
  expect([await operators.may(mine), await operators.may(theirs)]).toEqual([[], []]);

  expect(await update((rotator, grantee) => rotator.grantConnect(grantee))).toEqual([['read', 'look', 'signal'], ['read', 'look', 'signal']]);
  expect(await update((rotator, grantee) => rotator.grantConnect(grantee, { tunnelId: mine.id }))).toEqual([['read', 'look', 'signal'], []]);
  expect(await update((rotator, grantee) => rotator.grantReadToken(grantee, { tunnelId: theirs.id }))).toEqual([[], ['read']]);
  expect(await update(() => undefined)).toEqual([[], []]);
  operators.end();
  expect([await mine.works(), await theirs.works()]).toEqual([true, true]);
});

it('GIVEN operators who may open tunnels WHEN they give one tags THEN that takes the option for it', async () => {
  const stack = (tagTunnels: boolean) => synthesize((_, role) => role, (rotator, grantee) => rotator.grantConnect(grantee, { openTunnels: true, tagTunnels }));
  world = await World.begin(stack(false));
  const operators = await session();
  const tags = [{ key: 'site', value: 'north' }];
  expect([await operators.open(), await operators.open(tags)]).toEqual(['no error', 'AccessDeniedException']);
  await world.cloud.deploy(stack(true));
  expect([await operators.open(), await operators.open(tags)]).toEqual(['no error', 'no error']);
  operators.end();
});
