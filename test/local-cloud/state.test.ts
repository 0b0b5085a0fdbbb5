import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AdjustableClock } from '../../local-cloud/clock';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import { createCommon } from '../../local-cloud/common';
import { Places } from '../../local-cloud/places';
import { StateFile } from '../../local-cloud/state/state-file';
import { clientsOf, type Clients } from './support';

const directory = mkdtempSync(path.join(tmpdir(), 'state-'));
const assembly = path.join(directory, 'assembly');
const stateFile = path.join(directory, 'state.json');
afterAll(() => rmSync(directory, { recursive: true }));

beforeAll(() => {
  const Resources = {
    Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: { BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }] },
    },
  };
  mkdirSync(assembly);
  writeFileSync(path.join(assembly, 'manifest.json'), JSON.stringify({ artifacts: { Kept: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Kept.json' } } } }));
  writeFileSync(path.join(assembly, 'Kept.json'), JSON.stringify({ Resources }));
});

/** One run of a cloud, from start to close. */
async function session<T>(work: (cloud: LocalCloud, clients: Clients) => Promise<T>): Promise<T> {
  const cloud = await startLocalCloud({ stateFile });
  try {
    return await work(cloud, clientsOf(cloud));
  } finally {
    await cloud.close();
  }
}

test('secrets, queues, tables and their names outlive a restart', async () => {
  const first = await session(async (cloud, { secrets, sqs, dynamodb }) => {
    const { physicalIds } = await cloud.deploy(assembly);
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 'kept', SecretString: 'one', Tags: [{ Key: 'a', Value: 'b' }] }));
    await secrets.send(new PutSecretValueCommand({ SecretId: 'kept', SecretString: 'two' }));
    await sqs.send(new SendMessageCommand({ QueueUrl: physicalIds.Queue, MessageBody: 'still here' }));
    await dynamodb.send(new PutItemCommand({ TableName: physicalIds.Table, Item: { id: { S: 'row' }, n: { N: '5' } } }));
    return { physicalIds, ARN };
  });
  await session(async (cloud, { secrets, sqs, dynamodb }) => {
    const { physicalIds } = await cloud.deploy(assembly);
    expect(path.basename(physicalIds.Queue)).toBe(path.basename(first.physicalIds.Queue));
    expect(physicalIds.Table).toBe(first.physicalIds.Table);
    expect(await secrets.send(new GetSecretValueCommand({ SecretId: 'kept' }))).toMatchObject({ ARN: first.ARN, SecretString: 'two' });
    expect(await secrets.send(new GetSecretValueCommand({ SecretId: 'kept', VersionStage: 'AWSPREVIOUS' }))).toMatchObject({ SecretString: 'one' });
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: physicalIds.Queue }))).Messages).toMatchObject([{ Body: 'still here' }]);
    expect((await dynamodb.send(new GetItemCommand({ TableName: physicalIds.Table, Key: { id: { S: 'row' } } }))).Item).toMatchObject({ n: { N: '5' } });
  });
});

test('nobody but its owner may read the file', () => {
  expect(statSync(stateFile).mode & 0o077).toBe(0);
});

test('a file of another kind is refused, and left alone', async () => {
  const other = path.join(directory, 'other.json');
  writeFileSync(other, '{"something":"else"}');
  await expect(startLocalCloud({ stateFile: other })).rejects.toThrow(`'${other}' is no state file`);
  expect(readFileSync(other, 'utf8')).toBe('{"something":"else"}');
});

test.each([['breaks off', '{"version":2,"names":{},"pla'], ['is empty', '']])('a file that %s is refused in a sentence of its own', async (_, text) => {
  const partial = path.join(directory, 'partial.json');
  writeFileSync(partial, text);
  await expect(startLocalCloud({ stateFile: partial })).rejects.toThrow(`'${partial}' is no complete state file`);
});

test('GIVEN a path that cannot be written WHEN the cloud starts THEN it says so at once', async () => {
  await expect(startLocalCloud({ stateFile: path.join(directory, 'nowhere', 'state.json') })).rejects.toThrow('cannot be written: ENOENT');
});

test('GIVEN a file that can no longer be written WHEN something changes THEN each failed save is told, and the cloud still closes', async () => {
  const file = path.join(directory, 'gone', 'state.json');
  mkdirSync(path.dirname(file));
  const told: string[] = [];
  const clock = new AdjustableClock();
  const cloud = await startLocalCloud({ stateFile: file, clock, warn: (line) => { told.push(line); tell(); } });
  let tell!: () => void;
  const nextWarning = () => new Promise<void>((resolve) => { tell = resolve; });
  rmSync(path.dirname(file), { recursive: true });
  const { secrets } = clientsOf(cloud);
  for (const Name of ['one', 'two']) {
    const warned = nextWarning();
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    await cloud.advance(1_000);
    await warned;
  }
  await cloud.close();

  expect(told).toHaveLength(3);
  for (const line of told) expect(line).toContain(`'${file}' cannot be written: ENOENT`);
});

test('GIVEN a save that failed WHEN the obstacle is gone THEN the next one succeeds', async () => {
  const file = path.join(directory, 'obstructed.json');
  const common = createCommon({}, () => []);
  const places = new Places(common);
  try {
    const state = await StateFile.open(file, places, common);
    mkdirSync(`${file}.tmp`);
    await expect(state.save()).rejects.toThrow('EISDIR');
    rmSync(`${file}.tmp`, { recursive: true });
    await state.close();
  } finally {
    await places.close();
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 2 });
});
