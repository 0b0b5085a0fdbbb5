import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { CloseTunnelCommand, DescribeTunnelCommand, IoTSecureTunnelingClient, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { GetSecretValueCommand, ListSecretsCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { TunnelTokenRotator, type ITunnelTokenRotator } from '../../lib';
import { synthesizeApp } from '../support/assembly';
import { runDirectory } from '../support/run-directory';
import { recovered, worldForEachStory } from '../support/stories';
import type { Tunnel } from '../support/world';

/** Somebody who has one grant, acts as its synthesized role, and tries what he can think of about a tunnel that is not his. */
const world = worldForEachStory(synthesizeApp, /^adversary /);

let mine: Tunnel;
let theirs: Tunnel;
let ends: { destroy(): void }[];
beforeEach(async () => {
  ends = [];
  [mine, theirs] = [await recovered(world()), await recovered(world())];
});
afterEach(() => ends.forEach((each) => each.destroy()));

/** Clients with what the grant gives and nothing else; in a stack of its own, as another app would do it. */
async function adversary(grant: (rotator: ITunnelTokenRotator, role: Role) => unknown) {
  const { cloud, secretPrefix } = world();
  const stack = new Stack(new App({ outdir: mkdtempSync(join(runDirectory(), 'adversary-')) }), 'Adversary');
  const role = new Role(stack, 'Adversary', { assumedBy: new AccountRootPrincipal() });
  grant(TunnelTokenRotator.fromTunnelTokenRotatorAttributes(stack, 'Rotator', { secretPrefix }), role);
  new CfnOutput(stack, 'RoleArn', { value: role.roleArn });
  const { outputs } = await cloud.deploy((stack.node.root as App).synth().directory, 'Adversary');
  const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', maxAttempts: 1 };
  const sts = new STSClient({ ...settings, credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: outputs.RoleArn, RoleSessionName: 'adversary' }));
  const his = { ...settings, credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken } };
  const clients = {
    iot: new IoTDataPlaneClient(his), bus: new EventBridgeClient(his), tunneling: new IoTSecureTunnelingClient(his), secrets: new SecretsManagerClient(his),
  };
  ends.push(sts, ...Object.values(clients));
  return clients;
}

/** Sends what he likes; resolves with 'let' or the refusal's name, once all that came of it is done. */
async function tried(sending: Promise<unknown>): Promise<string> {
  const answer = await sending.then(() => 'let', ({ name }: Error) => name);
  await world().cloud.idle();
  return answer;
}

/** What his messages claim: whose tunnel, how, when and how often, by every name and spelling. */
const claims = (id: string) => [
  '{}', 'no JSON', '', '[]', 'null', '\0', JSON.stringify({ tunnelId: id, thingName: 'pump-7', via: 'sweep', kind: 'drop', since: 1e300, attempt: 2 ** 53, unknownSince: 1 }),
  `{"tunnelId":"x","tunnelId":"${id}","detail-type":"Tunnel Disconnected","detail":{"tunnelId":"${id}"}}`,
  `{"__proto__":{"tunnelId":"${id}","via":"sweep"},"constructor":{"prototype":{"tunnelId":"${id}"}}}`,
  `{"proof":{"toString":null},"clientMode":"__proto__","tunnelId":"${id}"}`, `{"proof":"${'p'.repeat(43)}","clientMode":"ALL","destinationConfig":{"thingName":"gate-1","services":["SSH"]}}`,
  `{"since":${'9'.repeat(400)},"attempt":-1,"tunnelId":"${id}"}`, `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
];
const untouched = (rotations: number) => {
  expect(theirs.record.rotations).toBe(rotations);
  expect(world().queue('DeadLetterQueue').counts().visible).toBe(0);
};

test('GIVEN a grant for one tunnel WHEN he names another one on any topic, in any spelling, THEN that is denied, or nobody listens', async () => {
  const { iot } = await adversary((rotator, role) => rotator.grantConnect(role, { tunnelId: mine.id }));
  const { rotations } = theirs.record;
  await theirs.drop(); // so that whatever is believed would show
  const topics = [
    `tunnels/${theirs.id}/disconnected`, `tunnels/pump-7/${theirs.id}/disconnected`, `tunnels/${mine.id}/../${theirs.id}/disconnected`, `tunnels/${mine.id}%2F${theirs.id}/disconnected`,
    `tunnels/${theirs.id}/${mine.id}/disconnected`, `tunnels/${theirs.id}/pump-7/${mine.id}/disconnected`, `tunnels/${mine.id}/disconnected/${theirs.id}`, `tunnels/${mine.id}/${theirs.id}/disconnected`,
    `tunnels//${theirs.id}/disconnected`, `tunnels/${theirs.id}/disconnected/`, `/tunnels/${theirs.id}/disconnected`, `Tunnels/${theirs.id}/disconnected`, `tunnels/${theirs.id.toUpperCase()}/disconnected`,
    `tunnels/${theirs.id}\0${mine.id}/disconnected`, `$aws/rules/Tunnels_Rule/tunnels/${theirs.id}/disconnected`, `$share/x/tunnels/${theirs.id}/disconnected`, `tunnels/${encodeURIComponent(theirs.id).replaceAll('-', '%2D')}/disconnected`,
    `tunnels/${[...theirs.id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('').slice(0, 200)}/disconnected`, `tunnels/${'x'.repeat(230)}/disconnected`, '$aws/events/presence/connected/pump-7', `$aws/things/pump-7/tunnels/notify`,
    `tunnels/${theirs.id}/announcements`, `tunnels/${mine.id}/announcements`, `tunnels/ｐump/${theirs.id}/disconnected`,
  ].flatMap((topic) => [topic, topic.replace('disconnected', 'token-request')]);

  const spoken: string[] = [];
  for (const topic of new Set(topics)) {
    for (const payload of [JSON.stringify({ tunnelId: theirs.id, thingName: 'pump-7' }), ...(topic.includes(`/${mine.id}/dis`) ? claims(theirs.id) : [])]) {
      if (await tried(iot.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(payload) }))) === 'let') spoken.push(topic);
    }
  }
  // He may speak of his own tunnel, whatever he writes before it.
  for (const topic of spoken) expect(topic).toMatch(new RegExp(`^tunnels/(.*/)?${mine.id}/(disconnected|token-request)$`));
  expect(spoken.length).toBeGreaterThan(0);
  untouched(rotations);
  expect(await theirs.secretExists()).toBe(true);
});

test('GIVEN a grant for one tunnel WHEN he calls AWS about another one THEN each call is denied', async () => {
  const { tunneling, secrets } = await adversary((rotator, role) => rotator.grantConnect(role, { tunnelId: mine.id }));
  const { rotations } = theirs.record;
  const calls: [string, Promise<unknown>][] = [
    ['look', tunneling.send(new DescribeTunnelCommand({ tunnelId: theirs.id }))],
    ['close', tunneling.send(new CloseTunnelCommand({ tunnelId: theirs.id }))], ['close his own', tunneling.send(new CloseTunnelCommand({ tunnelId: mine.id }))],
    ['rotate', tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId: theirs.id, clientMode: 'SOURCE' }))],
    ['rotate his own', tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId: mine.id, clientMode: 'ALL' }))],
    ['list secrets', secrets.send(new ListSecretsCommand({}))],
    ...[theirs.secretName, `${mine.secretName}/../../${theirs.id}/source`, theirs.secretName.toUpperCase(), `${theirs.secretName}-??????`]
      .map((SecretId): [string, Promise<unknown>] => [`read ${SecretId}`, secrets.send(new GetSecretValueCommand({ SecretId }))]),
    ['write his own', secrets.send(new PutSecretValueCommand({ SecretId: mine.secretName, SecretString: '{}' }))],
  ];
  for (const [what, call] of calls) expect([what, await tried(call)]).toEqual([what, expect.stringMatching(/Denied|Forbidden|Unauthorized|ResourceNotFound|Validation/)]);
  expect(await tried(secrets.send(new GetSecretValueCommand({ SecretId: mine.secretName })))).toBe('let');
  untouched(rotations);
  expect(await theirs.works()).toBe(true);
});

test('GIVEN a grant for the things that he has WHEN he speaks as another, or of its tunnels as his own, THEN nothing is done', async () => {
  const { iot, secrets } = await adversary((rotator, role) => rotator.grantConnect(role, { thingName: 'gate-*' })); // theirs is a pump's
  const { rotations } = theirs.record;
  await theirs.drop();
  const answers = new Map<string, string>();
  for (const thing of ['gate-1', 'pump-7', 'gate-1/pump-7', 'gate-1%2Fpump-7', 'gate-pump-7', '', '*', '+', 'gate-ｐ', `gate-${'x'.repeat(123)}`, '$aws', 'gate-__proto__']) {
    for (const last of ['disconnected', 'token-request']) {
      for (const payload of [...claims(theirs.id), ...(/^gate-\d$/.test(thing) ? [JSON.stringify({ proof: theirs.proof, thingName: 'pump-7' })] : [])]) {
        answers.set(thing, await tried(iot.send(new PublishCommand({ topic: `tunnels/${thing}/${theirs.id}/${last}`, qos: 1, payload: Buffer.from(payload) }))));
      }
    }
  }
  expect([...answers].filter(([, answer]) => answer === 'let').every(([thing]) => thing.startsWith('gate-'))).toBe(true);
  expect(answers.get('gate-1')).toBe('let');
  expect(await tried(secrets.send(new GetSecretValueCommand({ SecretId: theirs.secretName })))).toMatch(/Denied/);
  untouched(rotations);
});

test('GIVEN the right to put events about all tunnels WHEN he says of a healthy source whatever he can think of THEN it is left alone, and he announces nothing in the rotator\'s name', async () => {
  const { bus } = await adversary((rotator, role) => rotator.grantSignal(role));
  const { rotations } = theirs.record;
  const put = (DetailType: string, Detail: string, Source = 'anything') => tried(bus.send(new PutEventsCommand({ Entries: [{ Source, DetailType, Detail }] })));
  for (const claim of claims(theirs.id)) {
    for (const type of ['Tunnel Disconnected', 'Tunnel Token Requested']) {
      await put(type, claim);
      await put(type, claim.replace('{', `{"tunnelId":"${theirs.id}","thingName":"pump-7",`));
    }
  }
  for (const type of ['Source Token Rotated', 'Rotation Held', 'Tunnel Retired', 'tunnel disconnected', 'Tunnel Disconnected ']) {
    expect(await put(type, JSON.stringify({ tunnelId: theirs.id }), 'tunnel-token-rotator')).toMatch(/Denied/);
  }
  untouched(rotations);
  expect(await theirs.works()).toBe(true);
});
