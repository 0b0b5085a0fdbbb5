import { createHash } from 'crypto';
import { Stack } from 'aws-cdk-lib';
import { EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DisconnectSourceConfig, EventBridgeDisconnectSourceProps, SignalPermission, SignalTarget, SignalWay, sourceBelow } from './signal-target';
import { EVENTS } from '../runtime-contract';

const DETAIL_TYPES = [EVENTS.disconnected, EVENTS.tokenRequested];

/** Somebody puts events on a bus; they reach the queue as they are. */
export function eventBridgeSignals({ eventBus, eventPattern }: EventBridgeDisconnectSourceProps): SignalWay {
  const bus = eventBus && `${eventBus.node.id}-${eventBus.node.addr.slice(-8)}`;
  const id = ['EventBridgeSource', bus, eventPattern && digest(eventPattern)].filter(Boolean).join('-');
  const what = `EventBridge on ${eventBus ? eventBus.node.path : 'the default bus'}${eventPattern ? ' with the same pattern' : ''}`;

  return {
    bind(scope: Construct, { queue, deadLetterQueue }: SignalTarget): DisconnectSourceConfig {
      const rule = new Rule(sourceBelow(scope, id, what), 'Rule', {
        description: 'Forwards signals on the event bus to the rotator',
        eventBus,
        eventPattern: eventPattern ?? { detailType: DETAIL_TYPES },
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
      return { namesSenders: Boolean(eventPattern?.source ?? eventPattern?.account) };
    },
    permissions(scope: Construct): SignalPermission[] {
      return [{
        action: 'events:PutEvents',
        resourceArn: eventBus?.eventBusArn
          ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' }),
        conditions: conditionsOf(eventPattern ?? { detailType: DETAIL_TYPES }),
      }];
    },
  };
}

/** What IAM can know of an event beforehand: its source and its detail type, where the pattern spells them out. */
function conditionsOf({ source, detailType }: EventPattern): SignalPermission['conditions'] {
  const keys = Object.entries({ 'events:source': source, 'events:detail-type': detailType })
    .filter(([, values]) => values?.length && values.every((value) => typeof value === 'string'));
  return keys.length > 0 ? { StringEquals: Object.fromEntries(keys) } : undefined;
}

/** Keeps the ids of sources with patterns of their own apart. */
const digest = (pattern: EventPattern): string => createHash('sha256').update(JSON.stringify(pattern)).digest('hex').slice(0, 8);
