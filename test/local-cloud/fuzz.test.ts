import { randomUUID } from 'node:crypto';
import { AdjustableClock } from '../../local-cloud/clock';
import { asAwsError } from '../../local-cloud/dispatch';
import { startServices, type Services } from '../../local-cloud/services';
import { createCommon } from '../../local-cloud/common';
import { HOME } from '../../local-cloud/place';
import { AwsError } from '../../local-cloud/service';
import { Dice } from '../../local-cloud/weather/dice';
import type { HttpRequest, Routed, Wire } from '../../local-cloud/wire/wire';
import { withCloud } from './support';

const dice = new Dice(20_260_615);
const pick = <T>(items: readonly T[]): T => items[Math.floor(dice.next() * items.length)];

const ACTIONS = [
  ...['CreateSecret', 'PutSecretValue', 'UpdateSecret', 'GetSecretValue', 'DescribeSecret', 'ListSecrets', 'ListSecretVersionIds', 'UpdateSecretVersionStage', 'DeleteSecret',
    'RestoreSecret', 'TagResource', 'UntagResource'].map((action) => `secretsmanager.${action}`),
  ...['CreateQueue', 'GetQueueUrl', 'ListQueues', 'GetQueueAttributes', 'SetQueueAttributes', 'SendMessage', 'SendMessageBatch', 'ReceiveMessage', 'DeleteMessage',
    'DeleteMessageBatch', 'ChangeMessageVisibility', 'ChangeMessageVisibilityBatch', 'StartMessageMoveTask', 'PurgeQueue', 'TagQueue', 'UntagQueue', 'ListQueueTags', 'DeleteQueue'].map((action) => `AmazonSQS.${action}`),
  ...['PutEvents', 'ListRules', 'ListEventBuses'].map((action) => `AWSEvents.${action}`),
];
const FIELDS = [
  'SecretId', 'Name', 'SecretString', 'SecretBinary', 'ClientRequestToken', 'VersionStages', 'VersionId', 'VersionStage', 'MoveToVersionId', 'RemoveFromVersionId', 'Tags', 'TagKeys',
  'Filters', 'MaxResults', 'NextToken', 'IncludeDeprecated', 'IncludePlannedDeletion', 'ForceDeleteWithoutRecovery', 'RecoveryWindowInDays', 'Description', 'KmsKeyId',
  'QueueName', 'QueueUrl', 'Attributes', 'AttributeNames', 'MessageBody', 'MessageAttributes', 'MessageAttributeNames', 'MessageSystemAttributeNames', 'DelaySeconds', 'Entries', 'Id', 'ReceiptHandle',
  'VisibilityTimeout', 'MaxNumberOfMessages', 'Key', 'Value', 'Values', 'DataType', 'StringValue', 'Source', 'DetailType', 'Detail', 'EventBusName', 'Resources', 'Time',
  'RedrivePolicy', 'Policy', 'SourceArn', 'DestinationArn', '__proto__', 'constructor', 'toString',
];
const TEXTS = [
  '', 'a', 'secret', 'queue', 'http://x/123456789012/queue', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:secret', 'AWSCURRENT', 'AWSPENDING', 'All', 'name', 'tag-key', '!x', '{}', '[]', '{"a":1}', 'nonsense',
  '{"maxReceiveCount":"x"}', '0', '30', '-1', '99999999999', 'String', 'Binary', 'x'.repeat(300), '\u0000', '💥', '__proto__', 'constructor', '../..', '%', '0'.repeat(36), `${'0'.repeat(36)}.${'0'.repeat(36)}`, 'aws.x',
];

function value(depth: number): unknown {
  const kind = dice.next();
  if (kind < 0.45) return pick(TEXTS);
  if (kind < 0.6) return pick([0, 1, -1, 7, 10, 1.5, 1e308, 2 ** 53, -0]);
  if (kind < 0.7) return pick([true, false, null]);
  if (depth > 2) return pick(TEXTS);
  if (kind < 0.85) return Array.from({ length: Math.floor(dice.next() * 4) }, () => value(depth + 1));
  return structure(depth + 1);
}

function structure(depth: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: Math.floor(dice.next() * 5) }, () => [pick(FIELDS), value(depth)]));
}

/** What most actions cannot do without; else all would bounce off the door. */
function required(): Record<string, unknown> {
  const entries = () => Array.from({ length: 1 + Math.floor(dice.next() * 3) }, (_, index) => ({ Id: String(index), MessageBody: 'x', Source: 'a', DetailType: 'b', Detail: '{}', ...structure(1) }));
  return {
    ...(dice.says(0.6) && { SecretId: 'secret', Name: pick(['secret', 'other', 'third/one']), QueueUrl: pick(['/queue', '/other']), QueueName: pick(['queue', 'other']) }),
    ...(dice.says(0.4) && { MessageBody: 'x', Entries: entries() }),
    ...(dice.says(0.3) && { SecretString: pick(['x', 'y']), ReceiptHandle: pick(TEXTS) }),
  };
}

const requestOf = (target: string, body: string): HttpRequest =>
  ({ method: 'POST', path: '/', url: '/', query: new URLSearchParams(), headers: { 'x-amz-target': target }, body: Buffer.from(body) });

/** Parameters that are not known are refused by name; most of the time that says nothing new. */
function mostlyKnown({ service: { parameters }, action, input }: Routed): Readonly<Record<string, unknown>> {
  const known = parameters?.[action];
  return known && dice.says(0.9) ? Object.fromEntries(Object.entries(input).filter(([name]) => known.includes(name))) : input;
}

/** What the front would answer: a result, or an error in AWS's shape. */
async function answer({ dispatcher }: Services, wire: Wire, request: HttpRequest): Promise<AwsError | object> {
  try {
    const routed = wire.route(request);
    if (!routed) return new AwsError('nobody', '');
    const call = { service: routed.service.name, action: routed.action, input: mostlyKnown(routed), accessKeyId: 'LOCALUSER', requestId: randomUUID() };
    return await dispatcher.dispatch(routed, call, { kind: 'user', arn: 'arn:aws:iam::123456789012:user/LOCALUSER' });
  } catch (error) {
    return asAwsError(error);
  }
}

test('100,000 requests of nonsense: each is answered, and none by an error of our own', async () => {
  const services = await startServices(createCommon({ clock: new AdjustableClock() }, () => []), HOME);
  const [wire] = services.wires;
  const ours: string[] = [];
  const seen = new Map<string, number>();
  for (let count = 0; count < 100_000; count += 1) {
    const target = pick(ACTIONS);
    const body = JSON.stringify({ ...structure(0), ...required() });
    const outcome = await answer(services, wire, requestOf(target, body));
    const code = outcome instanceof AwsError ? outcome.code : 'fine';
    seen.set(code, (seen.get(code) ?? 0) + 1);
    if (code === 'InternalFailure' || code === 'PolicyError') ours.push(`${target} ${body}: ${(outcome as Error).message}`);
    else JSON.stringify(outcome);
  }
  await services.close();
  expect(ours.slice(0, 5)).toEqual([]);
  expect(seen.get('fine')).toBeGreaterThan(5_000); // not all of it bounces off the door
  expect(seen.size).toBeGreaterThan(15);
}, 120_000);

describe('over HTTP', () => {
  const running = withCloud();

  test('2,000 bodies and headers of nonsense leave the cloud standing', async () => {
    for (let count = 0; count < 2_000; count += 1) {
      const body = pick([JSON.stringify(structure(0)), 'nonsense', '', '[1', '{"a":', Buffer.from([0xff, 0xfe, 0]).toString('latin1')]);
      const response = await fetch(`${running.cloud.endpoint}${pick(['/', '/topics/', '/topics/%', '/topics/a', '/_local/x', '/2015-03-31/functions/%/invocations', '//', '/tunnel'])}`, {
        method: 'POST', body,
        headers: {
          ...(dice.says(0.8) && { authorization: pick(['AWS4-HMAC-SHA256 Credential=A/2026/x', 'AWS4-HMAC-SHA256 Credential=/', 'Basic x', 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request']) }),
          ...(dice.says(0.8) && { 'x-amz-target': pick([...ACTIONS, '', '.', 'a.b.c', 'AmazonSQS.', '.SendMessage', 'DynamoDB_20120810.GetItem', 'IoTSecuredTunneling.OpenTunnel']) }),
          'content-type': pick(['application/json', 'application/x-amz-json-1.1', 'application/x-www-form-urlencoded', 'text/plain']),
          ...(dice.says(0.3) && { 'x-amz-date': pick(['20260615T120000Z', 'x', '99999999T999999Z']) }),
        },
      });
      await response.arrayBuffer();
      if (response.status === 500) throw new Error(`answered 500 to ${body}`);
    }
    expect((await fetch(`${running.cloud.endpoint}/_local`)).status).toBe(200);
  }, 60_000);
});
