import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { ClientMode, DisconnectSource, TunnelTokenRotator, type DisconnectSourceConfig, type SignalTarget } from '../../../lib';
import { readable, resource, rotatorStack, statements } from '../synth';

describe('the MQTT source', () => {
  const template = rotatorStack({ disconnectSources: [DisconnectSource.mqtt()] }).template();
  const rule = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorMqttSourceRule').Properties);

  const request = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorMqttSourceTokenRequestRule').Properties);
  const ofThing = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorMqttSourceThingRule').Properties);
  const requestOfThing = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorMqttSourceThingTokenRequestRule').Properties);

  test('forwards named fields only, so that what else a client wrote stays out of the queue', () => {
    expect(rule.TopicRulePayload).toMatchObject({
      AwsIotSqlVersion: '2016-03-23',
      Sql: "SELECT topic(2) AS tunnelId, proof AS proof, clientMode AS clientMode, 'mqtt' AS via FROM 'tunnels/+/disconnected'",
    });
  });

  test('forwards what a request for a token says of its destination, too', () => {
    expect(request.TopicRulePayload).toMatchObject({
      AwsIotSqlVersion: '2016-03-23',
      Sql: 'SELECT topic(2) AS tunnelId, proof AS proof, clientMode AS clientMode, destinationConfig AS destinationConfig, '
        + "'token-request' AS kind, 'mqtt' AS via FROM 'tunnels/+/token-request'",
    });
  });

  test('says as which thing a client spoke, by the level of its topic and never by its payload', () => {
    expect([ofThing, requestOfThing].map(({ TopicRulePayload }) => TopicRulePayload.Sql)).toEqual([
      "SELECT topic(3) AS tunnelId, topic(2) AS thingName, proof AS proof, clientMode AS clientMode, 'mqtt' AS via FROM 'tunnels/+/+/disconnected'",
      'SELECT topic(3) AS tunnelId, topic(2) AS thingName, proof AS proof, clientMode AS clientMode, destinationConfig AS destinationConfig, '
        + "'token-request' AS kind, 'mqtt' AS via FROM 'tunnels/+/+/token-request'",
    ]);
  });

  test.each([['drops', rule], ['requests', request], ['drops of a thing', ofThing], ['requests of a thing', requestOfThing]])('sends %s to the queue, and what it cannot send to the dead-letter queue', (_what, { TopicRulePayload }) => {
    const RoleArn = '${RotatorMqttSourceRole.Arn}';
    expect(TopicRulePayload).toMatchObject({
      Actions: [{ Sqs: { QueueUrl: '${RotatorSignalQueue}', RoleArn, UseBase64: false } }],
      ErrorAction: { Sqs: { QueueUrl: '${RotatorDeadLetterQueue}', RoleArn, UseBase64: false } },
    });
  });

  test('has a role that only sends to these two', () => {
    expect(statements(template, 'RotatorMqttSourceRole')).toEqual([
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: ['${RotatorSignalQueue.Arn}', '${RotatorDeadLetterQueue.Arn}'] },
    ]);
  });

  test('has a role that only these very rules can take', () => {
    const { AssumeRolePolicyDocument } = readable(resource(template, 'AWS::IAM::Role', 'RotatorMqttSourceRole').Properties);
    expect(AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'iot.amazonaws.com' },
      Condition: {
        ArnEquals: {
          'aws:SourceArn': [rule, request, ofThing, requestOfThing].map(({ RuleName }) => `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:rule/${RuleName}`),
        },
        StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
      },
    }]);
    for (const { RuleName } of [rule, request]) expect(RuleName).toMatch(/^[a-zA-Z0-9_]{1,128}$/);
    expect(rule.RuleName).not.toBe(request.RuleName);
  });

  test.each([
    ['tunnels', 'topic(2)', "'tunnels/+/disconnected'"],
    ['acme', 'topic(2)', "'acme/+/disconnected'"],
    ['acme/eu-1/tunnels', 'topic(4)', "'acme/eu-1/tunnels/+/disconnected'"],
  ])('below %s the tunnel id is %s', (topicPrefix, field, topic) => {
    rotatorStack({ disconnectSources: [DisconnectSource.mqtt({ topicPrefix })] }).template()
      .hasResourceProperties('AWS::IoT::TopicRule', {
        TopicRulePayload: { Sql: `SELECT ${field} AS tunnelId, proof AS proof, clientMode AS clientMode, 'mqtt' AS via FROM ${topic}` },
      });
  });

  test.each(['', '/tunnels', 'tunnels/', 'a//b', 'tunnels/+', '#', "x' OR '1", '$aws/things', 'a/b/c/d/e/f', 'x'.repeat(114)])(
    'the topic prefix "%s" is refused', (topicPrefix) => {
      expect(() => DisconnectSource.mqtt({ topicPrefix })).toThrow(
        'topicPrefix must be one to five topic levels of letters, digits and _.:=@- joined by single slashes, '
        + `113 characters at most, without wildcards, but is '${topicPrefix}'`,
      );
    },
  );

  test('two topics live side by side, even if they look alike', () => {
    rotatorStack({ disconnectSources: ['acme/tunnels', 'acme-tunnels'].map((topicPrefix) => DisconnectSource.mqtt({ topicPrefix })) }).template()
      .resourceCountIs('AWS::IoT::TopicRule', 8);
  });
});

describe('the EventBridge source', () => {
  const template = rotatorStack({ disconnectSources: [DisconnectSource.eventBridge()] }).template();

  test('sends matching events to the queue as they are', () => {
    const rule = readable(resource(template, 'AWS::Events::Rule', 'RotatorEventBridgeSourceRule').Properties);
    expect(rule).toMatchObject({
      EventPattern: { 'detail-type': ['Tunnel Disconnected', 'Tunnel Token Requested'] },
      State: 'ENABLED',
      Targets: [{ Arn: '${RotatorSignalQueue.Arn}', DeadLetterConfig: { Arn: '${RotatorDeadLetterQueue.Arn}' } }],
    });
    expect(rule.Targets[0]).not.toHaveProperty('Input');
    expect(rule.Targets[0]).not.toHaveProperty('InputTransformer');
  });

  test.each(['RotatorSignalQueue', 'RotatorDeadLetterQueue'])('only this very rule may send to %s', (queue) => {
    const { PolicyDocument } = readable(resource(template, 'AWS::SQS::QueuePolicy', `${queue}Policy`).Properties);
    const mine = PolicyDocument.Statement.filter((statement: object) => JSON.stringify(statement).includes('EventBridgeSource'));
    expect(mine).toEqual([{
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: `\${${queue}.Arn}`,
      Condition: { ArnEquals: { 'aws:SourceArn': '${RotatorEventBridgeSourceRule.Arn}' } },
    }]);
  });

  test('listens on another bus beside the default one', () => {
    const stack = new Stack(new App(), 'Tunnels');
    const eventBus = new EventBus(stack, 'FleetBus');
    new TunnelTokenRotator(stack, 'Rotator', { disconnectSources: [DisconnectSource.eventBridge(), DisconnectSource.eventBridge({ eventBus })] });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Events::Rule', { EventBusName: { Ref: Match.stringLikeRegexp('^FleetBus') }, EventPattern: Match.anyValue() });
    template.hasResourceProperties('AWS::Events::Rule', { EventBusName: Match.absent(), EventPattern: Match.anyValue() });
  });
});

test.each([
  ["MQTT with the topic prefix 'tunnels'", () => DisconnectSource.mqtt()],
  ["MQTT with the topic prefix 'a/b'", () => DisconnectSource.mqtt({ topicPrefix: 'a/b' })],
  ['EventBridge on the default bus', () => DisconnectSource.eventBridge()],
  ['EventBridge on the default bus with the same pattern', () => DisconnectSource.eventBridge({ eventPattern: { source: ['acme'] } })],
  ['thing presence', () => DisconnectSource.thingPresence()],
])('%s twice is refused', (what, source) => {
  expect(() => rotatorStack({ clientModes: [ClientMode.DESTINATION], disconnectSources: [source(), source()] }))
    .toThrow(`disconnectSources must not name a source twice, but names ${what} twice`);
});

test.each([['tunnels', 'tunnels/pump-7'], ['acme/a', 'acme'], ['a/b', 'a/b/c']])(
  'the prefixes %s and %s are refused: a thing of the last level\'s name, which may speak of its own tunnels below the shorter one, would speak of all below the longer one', (one, other) => {
    expect(() => rotatorStack({ disconnectSources: [one, other].map((topicPrefix) => DisconnectSource.mqtt({ topicPrefix })) }))
      .toThrow(`because a thing of that name could speak for all tunnels below the longer one, but names '${one}' and '${other}'`);
  },
);

test.each([['tunnels', 'tunnels/a/b'], ['tunnels', 'tunnels-a'], ['a/b', 'a/c'], ['a', 'b/a']])('the prefixes %s and %s keep their topics apart', (one, other) => {
  expect(() => rotatorStack({ disconnectSources: [one, other].map((topicPrefix) => DisconnectSource.mqtt({ topicPrefix })) })).not.toThrow();
});

describe('the presence of things', () => {
  const disconnectSources = [DisconnectSource.thingPresence()];
  const clientModes = [ClientMode.SOURCE, ClientMode.DESTINATION];
  const template = rotatorStack({ disconnectSources, clientModes }).template();

  test('is told by AWS IoT, of every client that connects', () => {
    const { TopicRulePayload } = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorThingPresenceSourceRule').Properties);
    expect(TopicRulePayload).toMatchObject({
      Sql: "SELECT clientId AS thingName, 'presence' AS via, timestamp AS since FROM '$aws/events/presence/connected/+'",
      Actions: [{ Sqs: { QueueUrl: '${RotatorSignalQueue}' } }],
      ErrorAction: { Sqs: { QueueUrl: '${RotatorDeadLetterQueue}' } },
    });
  });

  test('lets the rotator look up the tunnels of a thing', () => {
    const lookUp = { Sid: 'ListTunnels', Effect: 'Allow', Action: 'iot:ListTunnels', Resource: '*' };
    expect(statements(template, 'RotatorRole')).toContainEqual(lookUp);
    expect(statements(rotatorStack({ clientModes }).template(), 'RotatorRole')).not.toContainEqual(lookUp);
  });

  test('is of no use to a rotator that leaves destinations alone, and refused', () => {
    expect(() => rotatorStack({ disconnectSources }))
      .toThrow('a disconnect source that reports presence needs ClientMode.DESTINATION among clientModes, but they are SOURCE');
  });
});

test('a source of your own gets the rotator and its queues', () => {
  const bound: [Construct, SignalTarget][] = [];
  class RadioSource extends DisconnectSource {
    override bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
      bound.push([scope, target]);
      return {};
    }
  }

  const { rotator } = rotatorStack({ disconnectSources: [new RadioSource()] });

  expect(bound).toHaveLength(1);
  expect(bound[0][0]).toBe(rotator);
  expect(bound[0][1].queue).toBe(rotator.queue);
  expect(bound[0][1].deadLetterQueue).toBe(rotator.deadLetterQueue);
});

test('without any source only the sweep is left', () => {
  const template = rotatorStack({ disconnectSources: [] }).template();
  template.resourceCountIs('AWS::IoT::TopicRule', 0);
  template.resourceCountIs('AWS::Events::Rule', 0);
});
