import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { PutItemCommand, CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { obedient, synthesize } from '../local-cloud/stacks';
import { withCloud } from '../local-cloud/support';
import { LeakScan } from '../../leak-scan/leak-scan';
import { SecretFinder } from '../../leak-scan/secret-finder';

const TOKEN = `LOCALCAT-${randomBytes(96).toString('base64url')}`;
const PROOF = randomBytes(32).toString('base64url');
const half = (text: string) => [text.slice(0, text.length / 2), text.slice(text.length / 2)];
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.each([['token', TOKEN], ['proof', PROOF]] as const)('a %s in a text is found', (kind, secret) => {
  const finder = new SecretFinder();
  finder.learn(kind, secret);

  it.each<[string, string]>([
    ['plain', secret],
    ['in JSON in JSON', JSON.stringify({ body: JSON.stringify({ secret }) })],
    ['in base64', base64(secret)],
    ['in base64, one byte further on', base64(`x${secret}`)],
    ['in base64, two bytes further on, among others', base64(`xx${secret}, and so on`)],
    ['in base64url', Buffer.from(`{"a":"${secret}"}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['URL-encoded, every character', [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join('')],
    ['escaped, every character', [...secret].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
    ['split over two lines', half(secret).join('\n')],
    ['split over two log lines, each with words before it', half(secret).map((part) => `2026-01-01T12:00:00Z INFO ${part}`).join('\n')],
    ['in lines of ten characters', secret.replace(/.{10}/g, '$&\r\n')],
    ['in lines of ten characters, escaped', JSON.stringify(secret.replace(/.{10}/g, '$&\n'))],
    ['cut short to its first half', half(secret)[0]],
  ])('%s', (_, text) => {
    expect(finder.find([{ place: 'here', text: `before ${text} after` }, { place: 'there', text: 'nothing' }])).toEqual([{ kind, place: 'here' }]);
  });

  it('also if its halves are two traces of one place', () => {
    expect(finder.find(half(secret).map((text) => ({ place: 'here', text })))).toEqual([{ kind, place: 'here' }]);
  });

  it('but not what merely looks like one', () => {
    expect(finder.find([{ place: 'here', text: `LOCALCAT-${randomBytes(96).toString('base64url')} ${base64('LOCALCAT-')}` }])).toEqual([]);
  });
});

describe('a cloud', () => {
  const assembly = synthesize(obedient);
  const running = withCloud();
  let scan: LeakScan;
  let token: string;
  let proof: string;

  beforeAll(async () => {
    await running.cloud.deploy(assembly);
    scan = new LeakScan(running.cloud);
    ({ sourceAccessToken: token = '' } = await running.clients.tunnels.send(new OpenTunnelCommand({})));
    proof = randomBytes(32).toString('base64url');
    await running.clients.secrets.send(new CreateSecretCommand({ Name: 'tunnel-tokens/t/source', SecretString: JSON.stringify({ token, proof }) }));
  });

  test('that keeps its secrets is clean', async () => {
    expect(scan.size).toBe(3); // both sides' tokens and the proof
    expect(await scan.find()).toEqual([]);
  });

  const seeds: [string, () => Promise<unknown>, RegExp][] = [
    ['a function\'s log', () => running.cloud.functions.invoke('Obedient', { do: 'log', line: `token ${token}` }), /^token in log of Small-Obedient/],
    ['a metric\'s property', () => running.cloud.functions.invoke('Obedient', { do: 'log', line: JSON.stringify({
      _aws: { Timestamp: 1, CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'Drops' }] }] }, Drops: 1, proof: base64(proof),
    }) }), /^proof in metric Drops$/],
    ['an event', () => running.clients.events.send(new PutEventsCommand({ Entries: [{ Source: 'ours', DetailType: 'Rotated', Detail: JSON.stringify({ proof }) }] })), /^proof in event of ours$/],
    ['a queue', async () => {
      const { QueueUrl } = await running.clients.sqs.send(new CreateQueueCommand({ QueueName: 'other' }));
      await running.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeURIComponent(JSON.stringify({ token })) }));
    }, /^token in queue other$/],
    ['a row', async () => {
      await running.clients.dynamodb.send(new CreateTableCommand({
        TableName: 'rows', BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      }));
      await running.clients.dynamodb.send(new PutItemCommand({ TableName: 'rows', Item: { id: { S: 'a' }, proof: { B: Buffer.from(proof) } } }));
    }, /^proof in table rows$/],
    ['an MQTT message', () => running.clients.iot.send(new PublishCommand({ topic: 'tunnels/t/announcements', payload: Buffer.from(token) })), /^token in MQTT topic tunnels\/t\/announcements$/],
    ['a cause of an error', async () => scan.note('the session', new Error('no', { cause: new Error('no', { cause: Object.assign(new Error('no'), { response: { headers: { token } } }) }) })), /^token in the session$/],
    ['an object that goes in circles', async () => {
      const circle: Record<string, unknown> = { proof };
      scan.note('a circle', Object.assign(circle, { circle }));
    }, /^proof in a circle$/],
  ];

  test.each(seeds)('shows a leak in %s', async (_, seed, place) => {
    const before = await scan.find();
    await seed();
    const leaks = (await scan.find()).filter((leak) => !before.includes(leak));
    expect(leaks).toContainEqual(expect.stringMatching(place));
    expect(leaks.join()).not.toContain(token);
  });

  (process.platform === 'linux' ? test : test.skip).each<[string, () => { args: string[]; env: NodeJS.ProcessEnv }, RegExp]>([
    ['arguments', () => ({ args: ['-e', 'setInterval(() => 0, 1000)', token], env: {} }), /^token in arguments of process \d+$/],
    ['environment', () => ({ args: ['-e', 'setInterval(() => 0, 1000)'], env: { PROOF: proof } }), /^proof in environment of process \d+: PROOF$/],
  ])('shows a leak in a child\'s %s', async (_, how, place) => {
    const { args, env } = how();
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    await once(child, 'spawn');
    expect(await scan.find()).toContainEqual(expect.stringMatching(place));
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  test('lets a command have its token where the connector puts it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { env: { AWSIOT_TUNNEL_ACCESS_TOKEN: token }, stdio: 'ignore' });
    await once(child, 'spawn');
    expect((await scan.find()).filter((leak) => leak.includes('AWSIOT_TUNNEL_ACCESS_TOKEN'))).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});
