import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { DisconnectSource, type DisconnectSourceConfig, type SignalPermission, type SignalTarget } from 'cdk-tunnel-token-rotator';
import { Construct } from 'constructs';

/**
 * The agents of this fleet already tell how they are, on `fleet/<thing>/status`: `{ "link": "down", "tunnel": "<tunnelId>" }`. So no agent needs to
 * learn a new topic: an IoT rule picks out what speaks of a tunnel's source that went down, and names the thing, so that the rotator does nothing about
 * another thing's tunnel.
 */
export class FleetStatus extends DisconnectSource {
  public bind(scope: Construct, { queue, deadLetterQueue }: SignalTarget): DisconnectSourceConfig {
    const source = new Construct(scope, 'FleetStatus');
    const role = new Role(source, 'Role', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
      inlinePolicies: {
        SendSignals: new PolicyDocument({
          statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn, deadLetterQueue.queueArn] })],
        }),
      },
    });
    const send = (queueUrl: string) => ({ sqs: { queueUrl, roleArn: role.roleArn, useBase64: false } });
    new CfnTopicRule(source, 'Rule', {
      topicRulePayload: {
        awsIotSqlVersion: '2016-03-23',
        // Named fields only: whatever else an agent writes stays out of the queue.
        sql: "SELECT tunnel AS tunnelId, topic(2) AS thingName, 'mqtt' AS via FROM 'fleet/+/status' WHERE link = 'down'",
        actions: [send(queue.queueUrl)],
        errorAction: send(deadLetterQueue.queueUrl),
      },
    });
    return {};
  }

  /** What `rotator.grantSignal(agent, { thingName })` grants: its own status topic. */
  public override signalPermissions(scope: Construct): SignalPermission[] {
    const topic = Stack.of(scope).formatArn({ service: 'iot', resource: 'topic', resourceName: 'fleet/<thingName>/status' });
    return [{ action: 'iot:Publish', resourceArn: topic }];
  }
}
