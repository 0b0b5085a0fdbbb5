import { Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { narrowRole } from './narrow-role';

export interface SweepScheduleProps {
  readonly sweeper: IFunction;
  readonly deadLetterQueue: IQueue;
  readonly interval: Duration;
  readonly enabled: boolean;
  readonly managedPolicies?: boolean;
}

/** The shortest that the scheduler takes: by then the next sweep is due, and looks at everything anew. */
const GIVE_UP = Duration.minutes(1);

/**
 * Has the sweeper called at a rate, by EventBridge Scheduler, as a role that may do nothing else. A schedule is in a group of its own, because the group is
 * all that a trust policy can know of it.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, { sweeper, deadLetterQueue, interval, enabled, managedPolicies }: SweepScheduleProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group');
    const role = narrowRole(this, 'Role', {
      description: 'Lets EventBridge Scheduler call the sweeper',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          ArnEquals: { 'aws:SourceArn': group.attrArn },
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        },
      }),
      policyName: 'Sweep',
      statements: [
        new PolicyStatement({ sid: 'CallSweeper', actions: ['lambda:InvokeFunction'], resources: [sweeper.functionArn] }),
        new PolicyStatement({ sid: 'KeepWhatFailed', actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
      ],
      managed: managedPolicies,
    });
    // Not `Resource`: that would give it the logical id of the rule that older versions of this package have in its place.
    new CfnSchedule(this, 'Sweep', {
      description: 'Sweeps all open tunnels',
      groupName: group.ref,
      scheduleExpression: Schedule.rate(interval).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      state: enabled ? 'ENABLED' : 'DISABLED',
      target: {
        arn: sweeper.functionArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: GIVE_UP.toSeconds() },
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
      },
    });
  }
}
