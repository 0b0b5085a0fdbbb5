import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { StartMessageMoveTaskCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { METRICS } from '../../lib/runtime-contract';
import { EventSourceMapping } from '../../local-cloud/functions/event-source-mapping';
import { AwsError } from '../../local-cloud/service';
import { AlarmBoard } from '../support/alarm-board';
import { synthesizeApp } from '../support/assembly';
import { ask, queriesOf } from '../support/logs-insights';
import { droppedAgain, recovered, worldForEachStory } from '../support/stories';
import type { Tunnel } from '../support/world';

/** Each alarm goes off when its failure happens, leads to its section of the runbook, and ends by what that section says. */
const world = worldForEachStory(synthesizeApp, /iotsecuretunneling:ListTunnels|dynamodb:(Scan|Query)|secretsmanager:(Put|Create)Secret/i);
let board: AlarmBoard;
beforeEach(() => { board = new AlarmBoard(world()); });

/** What a query of the runbook finds now. */
const answers = (section: string, index = 0) => ask(queriesOf(section)[index], world().cloud.logs.lines);

/** Until the function returned is called, calls of this action fail so. */
function failing(action: string, how: () => Error): () => unknown {
  return world().cloud.calls.intercept(async (call, proceed) => {
    if (call.action === action) throw how();
    return proceed();
  });
}

/** Until the function returned is called, the role whose name holds `part` may not do this. */
function forbidden(part: string, action: string): () => void {
  const { roles } = world().cloud;
  const role = world().deployment.physicalId('AWS::IAM::Role', part);
  roles.putInlinePolicy(role, 'Forbidden', { Statement: { Effect: 'Deny', Action: action, Resource: '*' } });
  return () => roles.deleteInlinePolicy(role, 'Forbidden');
}

test('there is a story here for each alarm', () => {
  expect(board.names.sort()).toEqual(['AccessDenied', 'Backlog', 'DeadLetters', 'Flapping', 'OldestLook', 'RecoveryTime', 'RotationFailures', 'SweeperNotRunning']);
});

it('RotationFailures, DeadLetters: GIVEN AWS answers no look WHEN it does again THEN what was given up is sent back, and the source as well', async () => {
  const sqs = new SQSClient({ endpoint: world().cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const tunnel = await droppedAgain(world());
  const heal = failing('DescribeTunnel', () => new AwsError('InternalFailure', 'sorry', 500));
  await tunnel.signal();
  await board.minutes(6);
  expect(board.ringing).toContain('RotationFailures');
  expect(answers('The logs')).toContainEqual(expect.objectContaining({ message: 'recovery failed', call: 'IoTSecureTunneling.DescribeTunnel', failure: 'unavailable' }));

  expect(board.ringing).toContain('DeadLetters');
  const [letters, signals] = [world().queue('DeadLetterQueue'), world().queue('SignalQueue')];
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: world().deployment.physicalId('AWS::SQS::Queue', 'DeadLetterQueue'), VisibilityTimeout: 0 }));
  expect(JSON.parse(Messages[0].Body!)).toMatchObject({ tunnelId: tunnel.id, via: 'mqtt' });

  heal();
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: letters.arn, DestinationArn: signals.arn }));
  await board.minutes(6);
  expect(board.ringing).not.toContain('DeadLetters');
  expect(board.ringing).not.toContain('RotationFailures');
  await tunnel.reconnect();
  expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
  sqs.destroy();
});

it('Backlog: GIVEN nobody takes signals off the queue THEN it goes off before ten minutes, and ends when somebody does', async () => {
  const tunnel = await droppedAgain(world());
  const [{ mappings }] = world().cloud.places;
  const [mapping] = mappings;
  mappings.delete(mapping);
  await mapping.close();
  await tunnel.signal({ proof: tunnel.proof });
  await board.minutes(4);
  expect(board.ringing).toEqual([]);
  await board.minutes(1);
  expect(board.ringing).toEqual(['Backlog']);

  mappings.add(new EventSourceMapping(world().queue('SignalQueue'), world().cloud.functions.get('RotatorFunction'), { batchSize: 5, maximumConcurrency: 2, reportBatchItemFailures: true }));
  await board.minutes(1);
  expect(board.ringing).not.toContain('Backlog');
  await tunnel.reconnect();
});

it('SweeperNotRunning, RecoveryTime: GIVEN sweeps fail and nobody signals WHEN they run again, and clients signal with proof THEN both end', async () => {
  const tunnel = await droppedAgain(world());
  const heal = failing('ListTunnels', () => new AwsError('InternalFailure', 'sorry', 500));
  await board.minutes(3);
  expect(board.ringing).toEqual(['SweeperNotRunning']);
  expect(answers('The logs')).toContainEqual(expect.objectContaining({ message: 'sweep failed', call: 'IoTSecureTunneling.ListTunnels' }));

  heal();
  await board.minutes(1);
  expect(board.ringing).toEqual(['RecoveryTime']);
  expect(answers('Recovery time')[0]).toMatchObject({ via: 'sweep', tokens: 1 });
  await tunnel.reconnect();
  await tunnel.recoverOnce();
  expect(answers('Recovery time').at(-1)).toMatchObject({ via: 'mqtt', slowest: expect.any(Number) });
  await board.minutes(15);
  expect(board.ringing).toEqual([]);
  expect(tunnel.record.kicks).toBe(0);
});

it.each([
  ['the sweeper\'s list of tunnels', 'SweeperRole', 'iot:ListTunnels', 'IoTSecureTunneling.ListTunnels'],
  ['the sweeper\'s look at the rows', 'SweeperRole', 'dynamodb:Scan', 'DynamoDB.Scan'],
  ['the rotator\'s look at the rows', 'Rotator/Rotator/Role', 'dynamodb:Query', 'DynamoDB.Query'],
])('AccessDenied: GIVEN a policy forbids %s WHEN it no longer does THEN the next sweep or signal goes on', async (_, part, action, call) => {
  const tunnel = await droppedAgain(world());
  const heal = forbidden(part, action);
  await tunnel.signal();
  await board.minutes(1);
  expect(board.ringing).toContain('AccessDenied');
  expect(answers('The logs', 1)[0]).toMatchObject({ call });

  heal();
  await board.minutes(6);
  expect(board.ringing).not.toContain('AccessDenied');
  await tunnel.reconnect();
  expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
});

it('Flapping: GIVEN two programs that throw each other out WHEN one is stopped THEN the tunnel comes back, and the alarm ends', async () => {
  const tunnel = await recovered(world());
  for (let drop = 2; drop <= 10; drop += 1) await tunnel.recoverOnce();
  await tunnel.drop();
  await tunnel.signal({ proof: tunnel.proof });
  expect(board.ringing).toEqual(['Flapping']);
  expect(answers('Flapping')).toEqual([{ tunnelId: tunnel.id, holds: 1 }]);

  await board.minutes(8);
  await tunnel.reconnect();
  await board.minutes(6);
  expect(board.ringing).not.toContain('Flapping');
});

it('OldestLook: GIVEN looks so slow that a sweep has one only WHEN they are as fast as ever THEN the round comes to its end', async () => {
  for (let count = 0; count < 5; count += 1) await world().tunneling.send(new OpenTunnelCommand({}));
  await board.minutes(1);
  const [look, rest] = [46_000, 14_000]; // a sweep has 45 s for its looks
  const heal = world().cloud.calls.intercept(async (call, proceed) => {
    if (call.action === 'DescribeTunnel') await world().cloud.advance(look);
    return proceed();
  });
  await board.minutes(2, rest);
  await board.minutes(1, 15 * 60_000); // as if there were very many tunnels: the clock is put forward at once, so there is one sweep in it
  expect(board.ringing).toEqual(['OldestLook']);
  expect(answers('Oldest look')[0]).toMatchObject({ swept: 1, finished: false });

  heal();
  await board.minutes(6);
  expect(board.ringing).toEqual([]);
});

describe('without an alarm', () => {
  it('GIVEN a noisy client THEN the runbook\'s query names the tunnel that it speaks of', async () => {
    const [noisy, quiet] = [await recovered(world()), await recovered(world())];
    for (let signal = 0; signal < 50; signal += 1) await noisy.signal();
    await quiet.signal();
    expect(answers('A noisy client')[0]).toMatchObject({ tunnelId: noisy.id, via: 'mqtt' });
    expect(Number(answers('A noisy client')[0].signals)).toBeGreaterThanOrEqual(50);
    expect(world().cloud.metrics.sum(METRICS.joined)).toBeGreaterThan(30);
  });

  describe('GIVEN a row of the ledger', () => {
    const TableName = () => world().deployment.physicalId('AWS::DynamoDB::Table', 'Ledger');
    const keyOf = ({ id }: Tunnel) => ({ tunnelId: { S: id }, side: { S: 'source' } });
    const ledger = () => new DynamoDBClient({ endpoint: world().cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });

    it('WHEN somebody deletes it THEN nobody is disturbed, and the next drop is found', async () => {
      const tunnel = await recovered(world());
      await ledger().send(new DeleteItemCommand({ TableName: TableName(), Key: keyOf(tunnel) }));
      await tunnel.signal({ proof: tunnel.proof });
      await board.minutes(1);
      expect(await tunnel.works()).toBe(true);
      await tunnel.drop();
      await tunnel.signal({ proof: tunnel.proof });
      await board.minutes(2);
      await tunnel.reconnect();
      expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
    });

    it('WHEN an older one is restored THEN nobody is disturbed, not even by the proof that it knows, and the next drop is found', async () => {
      const tunnel = await recovered(world());
      const { Item } = await ledger().send(new GetItemCommand({ TableName: TableName(), Key: keyOf(tunnel) }));
      const former = tunnel.proof;
      await tunnel.recoverOnce();
      await ledger().send(new PutItemCommand({ TableName: TableName(), Item }));
      await tunnel.signal({ proof: former });
      await board.minutes(2);
      expect(await tunnel.works()).toBe(true);
      await tunnel.drop();
      await tunnel.signal({ proof: tunnel.proof });
      await board.minutes(2);
      await tunnel.reconnect();
      expect(tunnel.record).toEqual({ rotations: 3, kicks: 0 });
    });
  });
});
