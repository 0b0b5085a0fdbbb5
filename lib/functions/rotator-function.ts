import { Duration, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AnnouncementChannel } from '../signals/announcement-channel';
import { bundledFunction, FunctionSettings } from './bundled-function';
import { ENV, RuntimePolicy } from '../runtime-contract';
import { TokenSecrets } from '../storage/token-secrets';
import { acknowledgeInPacks } from './wildcards';
import { destinationTopicRights, listTunnelsRights, tunnelRights } from './tunnel-rights';

export interface RotatorFunctionProps {
  readonly rotatorName: string;
  readonly queue: IQueue;
  readonly ledger: ITable;
  readonly secrets: TokenSecrets;
  readonly policy: Required<RuntimePolicy>;
  readonly destinationTopic?: string;
  readonly announcements: AnnouncementChannel[];
  /** Some disconnect source reports that devices came online. */
  readonly hearsPresence: boolean;
  readonly maxConcurrency: number;
  readonly settings: FunctionSettings;
}

/** A crashed rotation is tried again once its claim has expired, so this is the price of a crash. */
const TIMEOUT = Duration.seconds(20);

/** Signals of a batch are worked off one after the other: five need a fraction of the timeout, and what would not end in it is not begun. */
const BATCH_SIZE = 5;

/** The function that takes signals off the queue and rotates what dropped. */
export class RotatorFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const { rotatorName, queue, ledger, secrets, policy, destinationTopic, settings } = props;
    const stack = Stack.of(this);
    const announcements = props.announcements.map((channel) => channel._bind(this));
    const rights = [
      tunnelRights(stack, policy), destinationTopicRights(stack, destinationTopic), ...(props.hearsPresence ? [listTunnelsRights()] : []),
    ];

    this.function = bundledFunction(this, {
      bundle: 'rotator',
      description: 'Rotates the access tokens of tunnels that dropped',
      timeout: TIMEOUT,
      rotatorName,
      ledger,
      ledgerActions: ['dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      environment: {
        [ENV.signalQueueUrl]: queue.queueUrl,
        [ENV.secretPrefix]: secrets.prefix,
        ...(secrets.encryptionKey && { [ENV.secretKey]: secrets.encryptionKey.keyArn }),
        [ENV.stackName]: stack.stackName,
        ...(secrets.tags && { [ENV.secretTags]: stack.toJsonString(secrets.tags) }),
        [ENV.policy]: stack.toJsonString(policy),
        ...(destinationTopic && { [ENV.destinationTopic]: destinationTopic }),
        ...Object.assign({}, ...announcements.map(({ environment }) => environment)),
      },
      statements: [
        ...this.statements(props), ...rights.flatMap(({ statements }) => statements),
        ...secrets.keyStatements, ...announcements.map(({ statement }) => statement),
      ],
      wildcards: [
        ...rights.flatMap(({ wildcards }) => wildcards),
        ...secrets.wildcards,
        ...announcements.flatMap(({ wildcards }) => wildcards),
      ],
      settings,
      // It sends its rechecks to the queue that it works off. Their number is limited, but Lambda would take them for a loop and stop them.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    acknowledgeInPacks(this.function, 'LambdaDLQ', 'It is called for a queue, which has a dead-letter queue');
    const signals = new EventSourceMapping(this, 'Signals', {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize: BATCH_SIZE,
      maxConcurrency: props.maxConcurrency,
      reportBatchItemFailures: true,
    });
    acknowledgeInPacks(signals, 'LambdaEventSourceMappingDestination', 'Lambda knows none for a queue; what fails goes to the queue\'s own dead-letter queue');
  }

  private statements({ queue, secrets }: RotatorFunctionProps): PolicyStatement[] {
    return [
      new PolicyStatement({
        sid: 'TakeSignalsAndRecheck',
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
        resources: [queue.queueArn],
      }),
      // No GetSecretValue: this role writes tokens and can never read one. DescribeSecret shows which versions there are, and no value.
      // Tags are set on creation, hence TagResource.
      new PolicyStatement({
        sid: 'DeliverSourceTokens',
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret',
          'secretsmanager:RestoreSecret', 'secretsmanager:TagResource'],
        resources: secrets.arnPatterns,
      }),
    ];
  }
}
