import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ApplicationLogLevel, Architecture, Tracing } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AnnouncementChannel } from './signals/announcement-channel';
import { ClientMode } from './client-mode';
import { DisconnectSource } from './signals/disconnect-source';
import { DefaultAlarmProps } from './monitoring/rotator-alarms';
import { FlapBudget } from './rotation-policy';
import { TunnelScope } from './tunnel-scope';

// One long file, as it is one list: every prop with its docstring, and nothing else.

/** Options of `TunnelTokenRotator`. None is required. */
export interface TunnelTokenRotatorProps {
  /**
   * Whose tokens are rotated. With both, a tunnel whose two sides dropped is healed by one call.
   *
   * @default [ClientMode.SOURCE]
   */
  readonly clientModes?: ClientMode[];

  /**
   * Which tunnels are served. Rotators with different scopes may share an account and region.
   *
   * @default - every tunnel of the account and region
   */
  readonly tunnelScope?: TunnelScope;

  /**
   * Where the fresh tokens lie in Secrets Manager: a tunnel's secret is called `<secretPrefix>/<tunnelId>/source`, so you can
   * write its name down before the tunnel exists. Letters, digits and `_+=.@-`, in parts joined by single slashes, 376
   * characters at most. No two rotators may share a prefix, nor may one prefix be the beginning of another's path.
   *
   * @default - 'tunnel-tokens/<stack name>-<construct path in the stack, joined by hyphens>', and a digest where that is not clear
   */
  readonly secretPrefix?: string;

  /**
   * Encrypts the secrets that are created from now on. Whoever reads a token then needs this key too; `grantReadToken` sees to
   * that, as long as the key's policy leaves permissions to IAM, as it does by default. Queues, ledger and logs hold no token
   * and keep the keys that AWS manages.
   *
   * @default - the AWS managed key `aws/secretsmanager`
   */
  readonly encryptionKey?: IKey;

  /**
   * Further tags of the secrets that are created from now on, for example because a policy of your organisation asks for them. CDK's own `Tags` don't reach
   * the secrets: the rotator makes them at run time.
   *
   * @default - only those that say which tunnel, thing and stack a secret belongs to
   */
  readonly secretTags?: { [key: string]: string };

  /**
   * How the rotator hears that a side dropped. With an empty list only the sweep notices, after one to two intervals.
   *
   * @default [DisconnectSource.mqtt(), DisconnectSource.eventBridge()]
   */
  readonly disconnectSources?: DisconnectSource[];

  /**
   * Where the destination tokens of tunnels without a thing go, for which AWS itself publishes nothing: an MQTT topic, in which the
   * level `<tunnelId>` stands for the percent-encoded id. The payload has the shape of AWS's own notification. It holds the token, so let
   * nobody but the device listen there. Needs `ClientMode.DESTINATION`.
   *
   * @see https://docs.aws.amazon.com/iot/latest/developerguide/configure-remote-agent.html
   * @default - such tokens are not rotated
   */
  readonly destinationTopic?: string;

  /**
   * Whether a request for a destination's token may name another thing or other services, to which the token then goes. It takes an EventBridge event
   * that matches an `eventPattern` of yours which names its senders, and the other thing must be in `tunnelScope` too. Over MQTT it is always refused. Whoever
   * may send such an event can bring another operator's session to another device.
   *
   * @default false
   */
  readonly allowRedirection?: boolean;

  /**
   * How long a drop that nobody proved may wait, so that a client that heals itself (with a client token, say) is not disturbed
   * by a rotation. Recovery takes that much longer. 15 minutes at most.
   *
   * @default Duration.seconds(0)
   */
  readonly grace?: Duration;

  /**
   * How often one side of a tunnel may be rotated. What drops more often waits for the next rotation that it earns, and an alarm tells.
   * A tunnel lives for 12 hours, and its secret takes 100 versions within 24 hours, so `burst` and what is earned in
   * 12 hours may be 100 at most.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
   * @default - 10 at once, and one more in every 8 minutes
   */
  readonly flapBudget?: FlapBudget;

  /**
   * Where the rotator tells what it did, at most one channel of each kind. An empty list turns announcements off.
   *
   * @default [AnnouncementChannel.eventBridge(), AnnouncementChannel.mqtt()]
   */
  readonly announcements?: AnnouncementChannel[];

  /**
   * How often all open tunnels are looked at, in case nobody signalled. Whole minutes, because EventBridge Scheduler goes no finer;
   * 12 hours at most, because a tunnel lives no longer.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   * @default Duration.minutes(1)
   */
  readonly sweepInterval?: Duration;

  /**
   * Whether the sweep runs at all. Without it a drop that nobody signals stays unnoticed, and the secrets of tunnels that ended
   * stay where they are until somebody signals for them or invokes the sweeper function.
   *
   * @default true
   */
  readonly sweepEnabled?: boolean;

  /**
   * Ceiling for the sweeper's DescribeTunnel and ListTunnels calls, in calls per second. At the default a sweep reaches about 440
   * tunnels a minute; a larger fleet is looked at in turns, and the metric `OldestLook` tells how long a turn takes. AWS publishes no quota for
   * these calls: where it throttles, the sweeper slows down by itself.
   *
   * @default 10
   */
  readonly sweepCallsPerSecond?: number;

  /**
   * How many signals are worked off at a time, a whole number from 2 to 1000; those beyond that wait in the queue. A ceiling, not a
   * pace: where AWS throttles the calls to Secure Tunneling, each rotator slows down by itself until it is let through.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#events-sqs-max-concurrency
   * @default 10
   */
  readonly maxConcurrency?: number;

  /**
   * Puts the rotator and the sweeper into a VPC. They need a way out to AWS from there: NAT, or interface endpoints for IoT Secure
   * Tunneling, IoT data, Secrets Manager, SQS and EventBridge, and the gateway endpoint for DynamoDB. The function that deletes the secrets
   * with the stack stays outside, so that deleting the stack never hangs for want of a way out.
   *
   * @default - outside any VPC of yours
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of the functions. Needs `vpc`.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the functions; they need outbound HTTPS and nothing inbound. Needs `vpc`.
   *
   * @default - a new one for each function
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * How long the functions' logs are kept. They hold no token.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Encrypts the logs. The key's policy has to let CloudWatch Logs use it, which is seen to for a key of this app; for an imported one do it yourself.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   * @default - the encryption of CloudWatch Logs
   */
  readonly logEncryptionKey?: IKey;

  /**
   * Which lines the functions write.
   *
   * @default ApplicationLogLevel.INFO
   */
  readonly logLevel?: ApplicationLogLevel;

  /**
   * Memory of each function, in megabytes; processor time comes in proportion.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * Whether the rights of all roles stand in managed policies, for an organisation whose rules forbid inline ones. A managed policy holds 6,144 characters, an
   * inline one 10,240, so there is room for fewer `things` in `tunnelScope` if destinations are served.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
   * @default false
   */
  readonly managedPolicies?: boolean;

  /**
   * Whether the functions send traces to AWS X-Ray.
   *
   * @default Tracing.DISABLED
   */
  readonly tracing?: Tracing;

  /**
   * Processor of the functions. Only for regions that don't offer the default.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;

  /**
   * What happens to the ledger table, the logs and the secrets when they leave the stack. By default they are deleted, the secrets by
   * a small function that runs only then; the tunnels themselves stay open, and their connections are not touched. Nothing of value is lost: a
   * new ledger starts from what it observes. With any other policy the secrets stay where they are. Changing it touches no secret.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether the default set of alarms is created: eight alarms, at 0.10 USD each a month.
   *
   * @default true
   */
  readonly defaultAlarms?: boolean;

  /**
   * What is different in single alarms of the default set, for example the threshold of one.
   *
   * @default - nothing
   */
  readonly alarmChanges?: DefaultAlarmProps;

  /**
   * What happens when one of the alarms goes off, for example a notification to a topic.
   *
   * @default - nothing, the alarms just show it
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * What happens when one of the alarms is over.
   *
   * @default - nothing
   */
  readonly okActions?: IAlarmAction[];

  /**
   * Whether the CloudWatch dashboard is created. The first three dashboards of an account are free, each further one costs 3 USD a month.
   *
   * @default true
   */
  readonly dashboard?: boolean;
}
