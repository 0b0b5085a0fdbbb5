import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { App, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator } from '../../lib';
import { SECRET_TAGS, sourceSecretName } from '../../lib/runtime-contract';
import { AdjustableClock } from '../../local-cloud/clock';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import { clientsOf, type Clients } from '../local-cloud/support';
import { passCleanups } from '../support/cleanup-time';

/**
 * Every way in which a rotator's removal policy, secret prefix and id may change, through creation, a failed update, an update and deletion: which
 * secrets are there afterwards? `docs/deploying.md` has it as a table. All 144 ways with ALL_UPDATES=1, otherwise one of each kind.
 */
const DEFAULT = 'tunnel-tokens/Tunnels-Rotator';

interface State {
  readonly id: 'Rotator' | 'Renamed';
  readonly prefix?: string;
  readonly removalPolicy: RemovalPolicy;
}

const STATES: State[] = (['Rotator', 'Renamed'] as const).flatMap((id) =>
  [undefined, DEFAULT, 'acme'].flatMap((prefix) => [RemovalPolicy.DESTROY, RemovalPolicy.RETAIN].map((removalPolicy) => ({ id, prefix, removalPolicy }))));

const prefixOf = ({ id, prefix = `tunnel-tokens/Tunnels-${id}` }: State) => prefix;
const destroys = ({ removalPolicy }: State) => removalPolicy === RemovalPolicy.DESTROY;
const told = ({ id, prefix, removalPolicy }: State) => `${id}, ${prefix ?? 'no prefix'}, ${removalPolicy}`;

const every = STATES.flatMap((before) => STATES.map((after) => ({ before, after })));
const kind = ({ before, after }: { before: State; after: State }) =>
  [destroys(before), destroys(after), prefixOf(before) === prefixOf(after), before.id === after.id].join();
const writtenOut = every.filter(({ before, after }) => before.id === after.id && destroys(before) && destroys(after)
  && prefixOf(before) === prefixOf(after) && before.prefix === undefined && after.prefix !== undefined);
const oneOfEach = [...new Map([...every, ...writtenOut].map((pair) => [kind(pair), pair])).values()];
const pairs = process.env.ALL_UPDATES ? every : oneOfEach;

/** An assembly of the state; a broken one has a resource at its end that cannot be made. */
const assemblies = new Map<string, string>();
function assemblyOf(state: State, broken = false): string {
  const key = `${told(state)} ${broken}`;
  const known = assemblies.get(key);
  if (known) return known;
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'assembly-')) });
  const stack = new Stack(app, 'Tunnels');
  const rotator = new TunnelTokenRotator(stack, state.id, { secretPrefix: state.prefix, removalPolicy: state.removalPolicy });
  if (broken) new CfnResource(stack, 'Impossible', { type: 'AWS::S3::Bucket' }).node.addDependency(rotator);
  const { directory } = app.synth();
  assemblies.set(key, directory);
  return directory;
}

let cloud: LocalCloud;
let clients: Clients;
beforeEach(async () => {
  cloud = await startLocalCloud({ clock: new AdjustableClock({ stopped: true }) });
  clients = clientsOf(cloud);
});
afterEach(() => cloud.close());

/** A tunnel that nobody has used yet, so that nobody has a reason to rotate. */
async function openTunnel(): Promise<string> {
  const { tunnelId = '' } = await clients.tunnels.send(new OpenTunnelCommand({}));
  return tunnelId;
}

/** What the rotator leaves behind when it delivers. */
async function deliver(tunnelId: string, prefix: string): Promise<void> {
  const TableName = cloud.stacks.get('Tunnels')?.physicalId('AWS::DynamoDB::Table');
  await clients.dynamodb.send(new PutItemCommand({ TableName, Item: { tunnelId: { S: tunnelId }, side: { S: 'source' }, generation: { N: '1' } } }));
  await writeSecret(tunnelId, prefix);
}

const writeSecret = (tunnelId: string, prefix: string) => clients.secrets.send(new CreateSecretCommand({
  Name: sourceSecretName(prefix, tunnelId), SecretString: '{}', Tags: [{ Key: SECRET_TAGS.tunnel, Value: tunnelId }, { Key: SECRET_TAGS.stack, Value: 'Tunnels' }],
}));

const secrets = async () => (await clients.secrets.send(new ListSecretsCommand({}))).SecretList?.map(({ Name }) => Name).sort();
const named = (...found: (readonly [tunnelId: string, prefix: string] | false)[]) =>
  found.flatMap((each) => (each ? [sourceSecretName(each[1], each[0])] : [])).sort();

/** While an update to this state is under way, its rotator delivers something. */
function deliverMeanwhile(tunnelId: string, state: State): void {
  let delivered = false;
  cloud.calls.intercept(async (call, proceed) => {
    const result = await proceed();
    const { RequestType, ResourceProperties } = call.action === 'Invoke' ? JSON.parse(String(call.input.Payload)) : {};
    if (!delivered && RequestType !== undefined && RequestType !== 'Delete' && ResourceProperties.SecretPrefix === prefixOf(state)) {
      delivered = true;
      await writeSecret(tunnelId, prefixOf(state));
    }
    return result;
  });
}

describe.each(pairs)('GIVEN $before.id, $before.prefix, $before.removalPolicy WHEN it becomes $after.id, $after.prefix, $after.removalPolicy', ({ before, after }) => {
  const [from, to] = [prefixOf(before), prefixOf(after)];
  const moves = from !== to;

  test('THEN no secret in use is lost, and none is left behind', async () => {
    const [first, window, second] = [await openTunnel(), await openTunnel(), await openTunnel()];
    await cloud.deploy(assemblyOf(before));
    await deliver(first, from);

    deliverMeanwhile(window, after);
    expect(await passCleanups(cloud, () => cloud.deploy(assemblyOf(after, true)))).toBeInstanceOf(Error);
    // What was delivered under a prefix that never came to be goes with it, unless it was to be kept.
    const asked = moves || destroys(before) !== destroys(after);
    expect(await secrets()).toEqual(named([first, from], asked && (!moves || !destroys(after)) && [window, to]));

    const updated = await passCleanups(cloud, () => cloud.deploy(assemblyOf(after)));
    expect(updated).not.toBeInstanceOf(Error);
    const survivors = await secrets();
    expect(survivors?.filter((name) => name?.includes(first))).toEqual(named((!moves || !destroys(before)) && [first, from]));

    await deliver(second, to);
    expect(await passCleanups(cloud, () => cloud.stacks.get('Tunnels')!.destroy())).toBeUndefined();
    const kept = (await secrets())?.filter((name) => name?.startsWith(`${to}/`));
    expect(kept?.length === 0).toBe(destroys(after));
    // Under a former prefix nothing stays but what was to be kept when it was left.
    expect((await secrets())?.filter((name) => moves && name?.startsWith(`${from}/`))).toEqual(named(moves && !destroys(before) && [first, from]));
    expect(cloud.calls.denied.filter(({ caller }) => caller.startsWith('Tunnels-'))).toEqual([]);
  });
});
