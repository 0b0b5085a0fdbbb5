import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { DisconnectSource, TunnelTokenRotator, type DisconnectSourceConfig, type SignalTarget } from '../../lib';
import { readable, resource, rotatorStack, statements } from './synth';

describe('the MQTT source', () => {
  const template = rotatorStack({ disconnectSources: [DisconnectSource.mqtt()] }).template();
  const rule = readable(resource(template, 'AWS::IoT::TopicRule', 'RotatorMqttSourceRule').Properties);

  test('forwards named fields only, so that what else a client wrote stays out of the queue', () => {
    expect(rule.TopicRulePayload).toMatchObject({
      AwsIotSqlVersion: '2016-03-23',
      Sql: "SELECT topic(2) AS tunnelId, versionId AS versionId, clientMode AS clientMode, 'mqtt' AS via FROM 'tunnels/+/disconnected'",
    });
  });

  test('sends to the queue, and what it cannot send to the dead-letter queue', () => {
    const RoleArn = '${RotatorMqttSourceRole.Arn}';
    expect(rule.TopicRulePayload).toMatchObject({
      Actions: [{ Sqs: { QueueUrl: '${RotatorSignalQueue}', RoleArn, UseBase64: false } }],
      ErrorAction: { Sqs: { QueueUrl: '${RotatorDeadLetterQueue}', RoleArn, UseBase64: false } },
    });
  });

  test('has a role that only sends to these two', () => {
    expect(statements(template, 'RotatorMqttSourceRole')).toEqual([
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: ['${RotatorSignalQueue.Arn}', '${RotatorDeadLetterQueue.Arn}'] },
    ]);
  });

  test('has a role that only this very rule can take', () => {
    const { AssumeRolePolicyDocument } = readable(resource(template, 'AWS::IAM::Role', 'RotatorMqttSourceRole').Properties);
    expect(AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'iot.amazonaws.com' },
      Condition: {
        ArnEquals: { 'aws:SourceArn': `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:rule/${rule.RuleName}` },
        StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
      },
    }]);
    expect(rule.RuleName).toMatch(/^[a-zA-Z0-9_]{1,128}$/);
  });

  test.each([
    ['tunnels', 'topic(2)', "'tunnels/+/disconnected'"],
    ['acme', 'topic(2)', "'acme/+/disconnected'"],
    ['acme/eu-1/tunnels', 'topic(4)', "'acme/eu-1/tunnels/+/disconnected'"],
  ])('below %s the tunnel id is %s', (topicPrefix, field, topic) => {
    rotatorStack({ disconnectSources: [DisconnectSource.mqtt({ topicPrefix })] }).template()
      .hasResourceProperties('AWS::IoT::TopicRule', {
        TopicRulePayload: { Sql: `SELECT ${field} AS tunnelId, versionId AS versionId, clientMode AS clientMode, 'mqtt' AS via FROM ${topic}` },
      });
  });

  test.each(['', '/tunnels', 'tunnels/', 'a//b', 'tunnels/+', '#', "x' OR '1", '$aws/things', 'a/b/c/d/e/f/g', 'x'.repeat(114)])(
    'the topic prefix "%s" is refused', (topicPrefix) => {
      expect(() => DisconnectSource.mqtt({ topicPrefix })).toThrow(
        'topicPrefix must be one to six topic levels of letters, digits and _.:=@- joined by single slashes, '
        + `113 characters at most, without wildcards, but is '${topicPrefix}'`,
      );
    },
  );

  test('two topics live side by side', () => {
    rotatorStack({ disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.mqtt({ topicPrefix: 'acme/tunnels' })] }).template()
      .resourceCountIs('AWS::IoT::TopicRule', 2);
  });
});

describe('the EventBridge source', () => {
  const template = rotatorStack({ disconnectSources: [DisconnectSource.eventBridge()] }).template();

  test('sends matching events to the queue as they are', () => {
    const rule = readable(resource(template, 'AWS::Events::Rule', 'RotatorEventBridgeSourceRule').Properties);
    expect(rule).toMatchObject({
      EventPattern: { 'detail-type': ['Tunnel Disconnected'] },
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
  template.resourceCountIs('AWS::Events::Rule', 1);
});
