import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPolicy, CfnRoleAlias } from 'aws-cdk-lib/aws-iot';
import { AnnouncementChannel, DisconnectSource, TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const stack = new Stack(new App(), 'Tunnels');

// Signals and announcements share a topic tree: fleet/tunnels/<tunnelId>/disconnected and .../announcements.
const topicPrefix = 'fleet/tunnels';
const rotator = new TunnelTokenRotator(stack, 'Rotator', {
  disconnectSources: [DisconnectSource.mqtt({ topicPrefix })],
  announcements: [AnnouncementChannel.mqtt({ topicPrefix })],
});

// What an agent's certificate may do on the broker: connect as its thing, signal a drop, hear of a fresh token.
const arn = (resource: string) => stack.formatArn({ service: 'iot', resource });
new CfnPolicy(stack, 'AgentPolicy', {
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'iot:Connect', Resource: arn('client/${iot:Connection.Thing.ThingName}') },
      { Effect: 'Allow', Action: 'iot:Publish', Resource: arn(`topic/${topicPrefix}/*/disconnected`) },
      { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn(`topicfilter/${topicPrefix}/*/announcements`) },
      { Effect: 'Allow', Action: 'iot:Receive', Resource: arn(`topic/${topicPrefix}/*/announcements`) },
    ],
  },
});

// With the same certificate the agent takes this role, through the AWS IoT credentials provider, and fetches the token.
const agents = new Role(stack, 'AgentRole', { assumedBy: new ServicePrincipal('credentials.iot.amazonaws.com') });
rotator.grantConnect(agents);
new CfnRoleAlias(stack, 'AgentRoleAlias', { roleAlias: 'tunnel-agents', roleArn: agents.roleArn, credentialDurationSeconds: 3600 });
