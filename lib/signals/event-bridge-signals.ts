import { createHash } from 'crypto';
import { Stack } from 'aws-cdk-lib';
import { EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DisconnectSourceConfig, EventBridgeDisconnectSourceProps, SignalTarget, sourceBelow } from './signal-target';
import { EVENTS } from '../runtime-contract';

const DETAIL_TYPES = [EVENTS.disconnected, EVENTS.tokenRequested];

/** Somebody puts events on a bus; they reach the queue as they are. */
export function eventBridgeSignals({ eventBus, eventPattern }: EventBridgeDisconnectSourceProps) {
  const bus = eventBus && `${eventBus.node.id}-${eventBus.node.addr.slice(-8)}`;
  const id = ['EventBridgeSource', bus, eventPattern && digest(eventPattern)].filter(Boolean).join('-');
  const what = `EventBridge on ${eventBus ? eventBus.node.path : 'the default bus'}${eventPattern ? ' with the same pattern' : ''}`;

  return (scope: Construct, { queue, deadLetterQueue }: SignalTarget): DisconnectSourceConfig => {
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
    return {
      signalPermissions: [{
        action: 'events:PutEvents',
        resourceArn: eventBus?.eventBusArn
          ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' }),
        // A pattern of your own may match anything, so only the default one narrows the grant.
        conditions: eventPattern ? undefined : { StringEquals: { 'events:detail-type': DETAIL_TYPES } },
      }],
    };
  };
}

/** Keeps the ids of sources with patterns of their own apart. */
const digest = (pattern: EventPattern): string => createHash('sha256').update(JSON.stringify(pattern)).digest('hex').slice(0, 8);
