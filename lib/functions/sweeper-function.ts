import { Duration, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bundledFunction, FunctionSettings } from './bundled-function';
import { ENV, RuntimePolicy, SWEEP_BOOKMARK_KEY } from '../runtime-contract';
import { SweepSchedule } from './sweep-schedule';
import { listTunnelsRights } from './tunnel-rights';
import { acknowledgeInPacks } from './wildcards';

export interface SweeperFunctionProps {
  readonly rotatorName: string;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly ledger: ITable;
  readonly policy: Required<RuntimePolicy>;
  readonly destinationTopic?: string;
  readonly interval: Duration;
  readonly enabled: boolean;
  readonly callsPerSecond: number;
  readonly settings: FunctionSettings;
}

/** The function that looks at every open tunnel and ledger row once in a while, in case nobody signalled. */
export class SweeperFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { rotatorName, queue, deadLetterQueue, ledger, ...props }: SweeperFunctionProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const tunnels = stack.formatArn({ service: 'iot', resource: 'tunnel', resourceName: '*' });
    const listTunnels = listTunnelsRights();

    this.function = bundledFunction(this, {
      bundle: 'sweeper',
      description: 'Finds tunnel sources that dropped without a signal',
      // Shorter than the shortest interval, so that sweeps don't overlap.
      timeout: Duration.seconds(55),
      rotatorName,
      ledger,
      ledgerActions: ['dynamodb:Query', 'dynamodb:Scan'],
      environment: {
        [ENV.signalQueueUrl]: queue.queueUrl,
        [ENV.sweepCallsPerSecond]: `${props.callsPerSecond}`,
        [ENV.policy]: stack.toJsonString(props.policy),
        ...(props.destinationTopic && { [ENV.destinationTopic]: props.destinationTopic }),
      },
      statements: [
        ...listTunnels.statements,
        new PolicyStatement({ sid: 'ObserveTunnels', actions: ['iot:DescribeTunnel'], resources: [tunnels] }),
        new PolicyStatement({
          sid: 'KeepThePlace',
          actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
          resources: [ledger.tableArn],
          // ForAllValues holds of nothing at all, too; so the key has to be there.
          conditions: {
            'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [SWEEP_BOOKMARK_KEY] },
            Null: { 'dynamodb:LeadingKeys': 'false' },
          },
        }),
        new PolicyStatement({ sid: 'SendSignals', actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
      ],
      wildcards: [
        ...listTunnels.wildcards,
        [tunnels, 'Tunnels come and go at run time; the sweeper looks at each to learn whether it is in scope'],
      ],
      settings: props.settings,
    });
    // A sweep that failed is not repeated, nor kept: the next one looks at everything anew, and an alarm tells when none succeeds.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    for (const rule of ['LambdaDLQ', 'LambdaAsyncFailureDestination']) {
      acknowledgeInPacks(this.function, rule, 'The next sweep looks at everything anew, and an alarm tells when none succeeds');
    }
    new SweepSchedule(this, 'Schedule', {
      sweeper: this.function, deadLetterQueue, interval: props.interval, enabled: props.enabled, managedPolicies: props.settings.managedPolicies,
    });
  }
}
