import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPolicy, CfnRoleAlias } from 'aws-cdk-lib/aws-iot';
import { AnnouncementChannel, DisconnectSource, TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const stack = new Stack(new App(), 'Tunnels');

// Signals and announcements share a topic tree: fleet/tunnels/<thingName>/<tunnelId>/disconnected and fleet/tunnels/<tunnelId>/announcements.
const topicPrefix = 'fleet/tunnels';
const rotator = new TunnelTokenRotator(stack, 'Rotator', {
  disconnectSources: [DisconnectSource.mqtt({ topicPrefix })],
  announcements: [AnnouncementChannel.mqtt({ topicPrefix })],
});

// What an agent's certificate may do on the broker: connect as its thing, signal drops of that thing's tunnels, hear of fresh tokens. The rotator does
// nothing about a tunnel of another thing, whatever the agent publishes below its own name.
const thing = '${iot:Connection.Thing.ThingName}';
const arn = (resource: string) => stack.formatArn({ service: 'iot', resource });
new CfnPolicy(stack, 'AgentPolicy', {
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'iot:Connect', Resource: arn(`client/${thing}`) },
      { Effect: 'Allow', Action: 'iot:Publish', Resource: ['disconnected', 'token-request'].map((name) => arn(`topic/${topicPrefix}/${thing}/*/${name}`)) },
      { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn(`topicfilter/${topicPrefix}/*/announcements`) },
      { Effect: 'Allow', Action: 'iot:Receive', Resource: arn(`topic/${topicPrefix}/*/announcements`) },
    ],
  },
});

// With the same certificate the agent takes this role, through the AWS IoT credentials provider, and fetches the tokens of its own thing's tunnels: the
// provider puts the thing's name into the session.
const agents = new Role(stack, 'AgentRole', { assumedBy: new ServicePrincipal('credentials.iot.amazonaws.com') });
rotator.grantReadToken(agents, { thingName: '${credentials-iot:ThingName}' });
new CfnRoleAlias(stack, 'AgentRoleAlias', { roleAlias: 'tunnel-agents', roleArn: agents.roleArn, credentialDurationSeconds: 3600 });
