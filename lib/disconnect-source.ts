import { createHash } from 'crypto';
import { Names, Stack } from 'aws-cdk-lib';
import { EventPattern, IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkTopicPrefix } from './checks';
import { EVENTS, TOPICS } from './runtime-contract';

/** Where a disconnect source sends its signals. */
export interface SignalTarget {
  /**
   * The rotator's signal queue. A message is JSON: either an EventBridge event whose `detail` holds `tunnelId` (and optionally
   * `versionId` and `clientMode`), or those fields themselves together with `"via": "mqtt"`. Anything else is counted and dropped.
   */
  readonly queue: IQueue;

  /** Takes what could not be sent to the queue. */
  readonly deadLetterQueue: IQueue;
}

/** What somebody needs to send signals through a source. */
export interface SignalPermission {
  /** IAM action, for example `iot:Publish`. */
  readonly action: string;

  /** ARN of what the action is done to. */
  readonly resourceArn: string;

  /**
   * IAM conditions, by operator and key.
   *
   * @default - none
   */
  readonly conditions?: { [operator: string]: { [key: string]: unknown } };
}

/** What a disconnect source tells the rotator about itself. */
export interface DisconnectSourceConfig {
  /**
   * What `TunnelTokenRotator.grantSignal` grants.
   *
   * @default - nothing
   */
  readonly signalPermissions?: SignalPermission[];
}

/** Options of `DisconnectSource.mqtt`. */
export interface MqttDisconnectSourceProps {
  /**
   * Topic levels before the tunnel id: clients publish on `<topicPrefix>/<tunnelId>/disconnected`, with the tunnel id
   * percent-encoded (UUIDs stay as they are). One to six levels of letters, digits and `_ . : = @ -`, separated by `/`.
   *
   * @default 'tunnels'
   */
  readonly topicPrefix?: string;
}

/** Options of `DisconnectSource.eventBridge`. */
export interface EventBridgeDisconnectSourceProps {
  /**
   * The bus to listen on.
   *
   * @default - the default event bus of the account and region
   */
  readonly eventBus?: IEventBus;

  /**
   * Which events are signals. Their `detail` must hold the `tunnelId`, and may hold `versionId` and `clientMode`.
   *
   * @default { detailType: ['Tunnel Disconnected'] }
   */
  readonly eventPattern?: EventPattern;
}

/**
 * A way in which the rotator hears that a tunnel's source may have dropped. A signal is only a hint: the rotator looks at the
 * tunnel itself before it acts, so a forged, repeated or late signal does no harm. Extend this class for a source of your own.
 */
export abstract class DisconnectSource {
  /**
   * Clients publish on an MQTT topic of AWS IoT Core, `tunnels/<tunnelId>/disconnected`. The payload may be `{}`; the secret
   * version that the client used, as `{"versionId": "..."}`, proves the drop and makes the recovery immediate.
   */
  public static mqtt(props: MqttDisconnectSourceProps = {}): DisconnectSource {
    return new MqttDisconnectSource(props);
  }

  /** Somebody puts events of the detail type `Tunnel Disconnected` on an event bus, with the `tunnelId` in their detail. */
  public static eventBridge(props: EventBridgeDisconnectSourceProps = {}): DisconnectSource {
    return new EventBridgeDisconnectSource(props);
  }

  /**
   * Creates what carries signals to the queue, below `scope`. Called once for each rotator that uses this source.
   *
   * @param scope the rotator
   * @param target where the signals go
   * @returns what a sender of signals needs
   */
  public abstract bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig;
}

/**
 * An IoT topic rule that forwards the named fields and nothing else, so that what else a client wrote stays out of the queue.
 * What cannot be forwarded goes to the dead-letter queue, as AWS IoT's failure record, which does hold the client's message:
 * it is the one encrypted and alarmed place for lost signals, and fewer people read it than logs.
 */
class MqttDisconnectSource extends DisconnectSource {
  private readonly topicPrefix: string;

  constructor(props: MqttDisconnectSourceProps) {
    super();
    this.topicPrefix = props.topicPrefix ?? TOPICS.defaultPrefix;
    checkTopicPrefix(this.topicPrefix);
  }

  public bind(scope: Construct, { queue, deadLetterQueue }: SignalTarget): DisconnectSourceConfig {
    const source = new Construct(scope, idFor('MqttSource', this.topicPrefix, TOPICS.defaultPrefix));
    const stack = Stack.of(scope);
    // A name of our own, so that the role below can trust exactly this rule. Rule names hold no hyphen.
    const ruleName = Names.uniqueResourceName(source, { maxLength: 128, separator: '_', allowedSpecialCharacters: '_' });
    const role = new Role(source, 'Role', {
      description: 'Lets the IoT topic rule send disconnect signals to the rotator',
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: {
          ArnEquals: { 'aws:SourceArn': stack.formatArn({ service: 'iot', resource: 'rule', resourceName: ruleName }) },
          StringEquals: { 'aws:SourceAccount': stack.account },
        },
      }),
      inlinePolicies: {
        SendSignals: new PolicyDocument({
          statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn, deadLetterQueue.queueArn] })],
        }),
      },
    });
    const level = this.topicPrefix.split('/').length + 1;
    new CfnTopicRule(source, 'Rule', {
      ruleName,
      topicRulePayload: {
        description: 'Forwards disconnect signals of tunnel clients to the rotator',
        awsIotSqlVersion: '2016-03-23',
        sql: `SELECT topic(${level}) AS tunnelId, versionId AS versionId, clientMode AS clientMode, 'mqtt' AS via `
          + `FROM '${this.topicPrefix}/+/${TOPICS.disconnected}'`,
        actions: [{ sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false } }],
        errorAction: { sqs: { queueUrl: deadLetterQueue.queueUrl, roleArn: role.roleArn, useBase64: false } },
      },
    });
    const topics = stack.formatArn({ service: 'iot', resource: 'topic', resourceName: `${this.topicPrefix}/*/${TOPICS.disconnected}` });
    return { signalPermissions: [{ action: 'iot:Publish', resourceArn: topics }] };
  }
}

class EventBridgeDisconnectSource extends DisconnectSource {
  constructor(private readonly props: EventBridgeDisconnectSourceProps) {
    super();
  }

  public bind(scope: Construct, { queue, deadLetterQueue }: SignalTarget): DisconnectSourceConfig {
    const { eventBus, eventPattern } = this.props;
    const source = new Construct(scope, ['EventBridgeSource', eventBus?.node.id, eventPattern && digest(eventPattern)].filter(Boolean).join('-'));
    const rule = new Rule(source, 'Rule', {
      description: 'Forwards disconnect signals on the event bus to the rotator',
      eventBus,
      eventPattern: eventPattern ?? { detailType: [EVENTS.disconnected] },
      targets: [{ bind: () => ({ arn: queue.queueArn, deadLetterConfig: { arn: deadLetterQueue.queueArn } }) }],
    });
    for (const destination of [queue, deadLetterQueue]) {
      destination.addToResourcePolicy(new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [destination.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
      }));
    }
    return {
      signalPermissions: [{
        action: 'events:PutEvents',
        resourceArn: eventBus?.eventBusArn
          ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' }),
        // A pattern of your own may match anything, so only the default one narrows the grant.
        conditions: eventPattern ? undefined : { StringEquals: { 'events:detail-type': EVENTS.disconnected } },
      }],
    };
  }
}

const idFor = (kind: string, name: string, defaultName: string): string =>
  name === defaultName ? kind : `${kind}-${name.replaceAll('/', '-')}`;

/** Keeps the ids of sources with patterns of their own apart. */
const digest = (pattern: EventPattern): string => createHash('sha256').update(JSON.stringify(pattern)).digest('hex').slice(0, 8);
