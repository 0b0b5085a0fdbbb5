import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iot';
import { ClientMode, DisconnectSource, TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const stack = new Stack(new App(), 'Tunnels');

// Pumps have things, and their tunnels are for SSH. Whoever opens a tunnel tags it with its fleet, so that no two rotators serve it.
new TunnelTokenRotator(stack, 'Pumps', {
  clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION],
  tunnelScope: { things: ['pump-*'], services: ['SSH'], tags: { fleet: 'pumps' } },
  // A pump that comes online again can hear its token: AWS publishes it on $aws/things/<thing>/tunnels/notify.
  disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.thingPresence()],
  // Pumps run the local proxy with a client token, so a short break heals without a rotation.
  grace: Duration.seconds(15),
  flapBudget: { burst: 5, refill: Duration.minutes(10) },
});

// Kiosks have no things. They hear their tokens on a topic of their own.
new TunnelTokenRotator(stack, 'Kiosks', {
  clientModes: [ClientMode.DESTINATION],
  tunnelScope: { tags: { fleet: 'kiosks' } },
  disconnectSources: [DisconnectSource.mqtt({ topicPrefix: 'kiosks' })],
  destinationTopic: 'kiosks/<tunnelId>/notify',
  announcements: [],
});

// What a pump's certificate may do on the broker: connect under its thing's name, and hear its tokens.
const arn = (resource: string) => stack.formatArn({ service: 'iot', resource });
new CfnPolicy(stack, 'PumpPolicy', {
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'iot:Connect', Resource: arn('client/${iot:Connection.Thing.ThingName}') },
      { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn('topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/tunnels/notify') },
      { Effect: 'Allow', Action: 'iot:Receive', Resource: arn('topic/$aws/things/${iot:Connection.Thing.ThingName}/tunnels/notify') },
    ],
  },
});
