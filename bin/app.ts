import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator } from '../lib/index'; // not '../lib': tsx would take what the last build left there

const app = new App();
const stack = new Stack(app, 'TunnelTokenRotator', {
  description: 'Rotates the source access tokens of AWS IoT Secure Tunneling tunnels after a drop, and delivers them to Secrets Manager',
});
const rotator = new TunnelTokenRotator(stack, 'Rotator');

new CfnOutput(stack, 'SecretPrefix', {
  description: 'The source token of a tunnel lies in the secret <this>/<tunnelId>/source',
  value: rotator.secretPrefix,
});
new CfnOutput(stack, 'DisconnectTopic', {
  description: 'Clients publish here when their source dropped',
  value: 'tunnels/<tunnelId>/disconnected',
});
new CfnOutput(stack, 'SignalQueueUrl', { value: rotator.queue.queueUrl });
new CfnOutput(stack, 'DeadLetterQueueUrl', { value: rotator.deadLetterQueue.queueUrl });
