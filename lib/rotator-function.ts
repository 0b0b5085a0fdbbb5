import { Duration, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bundledFunction } from './bundled-function';
import { ENV, EVENTS, TOPICS } from './runtime-contract';
import { TokenSecrets } from './token-secrets';

export interface RotatorFunctionProps {
  readonly rotatorName: string;
  readonly queue: IQueue;
  readonly ledger: ITable;
  readonly secrets: TokenSecrets;
}

/** A crashed rotation is tried again once its claim has expired, so this is the price of a crash. */
export const ROTATOR_TIMEOUT = Duration.seconds(20);

const BATCH_SIZE = 5;
// A rotation makes three or four calls to Secure Tunneling in about a second: five at once stay near the 10 calls a second
// that we plan with, and a batch of five needs a fraction of the timeout.
const MAX_CONCURRENCY = 5;

/** The function that takes signals off the queue and rotates what dropped. */
export class RotatorFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const { rotatorName, queue, ledger, secrets } = props;

    this.function = bundledFunction(this, {
      bundle: 'rotator',
      description: 'Rotates the access tokens of tunnel sources that dropped',
      timeout: ROTATOR_TIMEOUT,
      environment: {
        [ENV.rotator]: rotatorName,
        [ENV.ledgerTable]: ledger.tableName,
        [ENV.signalQueueUrl]: queue.queueUrl,
        [ENV.secretPrefix]: secrets.prefix,
        [ENV.stackName]: Stack.of(this).stackName,
        [ENV.announcementBus]: 'default',
        [ENV.announcementTopicPrefix]: TOPICS.defaultPrefix,
      },
      statements: this.statements(props),
    });
    new EventSourceMapping(this, 'Signals', {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize: BATCH_SIZE,
      maxConcurrency: MAX_CONCURRENCY,
      reportBatchItemFailures: true,
    });
  }

  private statements({ queue, ledger, secrets }: RotatorFunctionProps): PolicyStatement[] {
    const stack = Stack.of(this);
    const tunnels = stack.formatArn({ service: 'iot', resource: 'tunnel', resourceName: '*' });
    return [
      new PolicyStatement({
        sid: 'TakeSignalsAndRecheck',
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
        resources: [queue.queueArn],
      }),
      new PolicyStatement({
        sid: 'KeepLedger',
        actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [ledger.tableArn],
      }),
      new PolicyStatement({ sid: 'ObserveTunnels', actions: ['iot:DescribeTunnel'], resources: [tunnels] }),
      new PolicyStatement({
        sid: 'RotateSourceTokens',
        actions: ['iot:RotateTunnelAccessToken'],
        resources: [tunnels],
        conditions: { StringEquals: { 'iot:ClientMode': 'SOURCE' } },
      }),
      // No GetSecretValue: this role writes tokens and can never read one. Tags are set on creation, hence TagResource.
      new PolicyStatement({
        sid: 'DeliverSourceTokens',
        actions: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret', 'secretsmanager:TagResource'],
        resources: [secrets.arnPattern],
      }),
      new PolicyStatement({
        sid: 'AnnounceOnEventBus',
        actions: ['events:PutEvents'],
        resources: [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
        conditions: { StringEquals: { 'events:source': EVENTS.source } },
      }),
      new PolicyStatement({
        sid: 'AnnounceOverMqtt',
        actions: ['iot:Publish'],
        resources: [stack.formatArn({ service: 'iot', resource: 'topic', resourceName: `${TOPICS.defaultPrefix}/*/${TOPICS.announcements}` })],
      }),
    ];
  }
}
