import { App, aws_iam as iam, CfnParameter, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ClientMode, DisconnectSource, TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib/index';

/** Prints what cdk-nag finds in a few stacks, by name, as JSON: a program of its own, because it loads for half a minute in jest. */
function findings(props: (stack: Stack) => TunnelTokenRotatorProps, stackProps?: StackProps, change?: (rotator: TunnelTokenRotator) => void) {
  const app = new App();
  const stack = new Stack(app, 'Tunnels', stackProps);
  const rotator = new TunnelTokenRotator(stack, 'Rotator', props(stack));
  change?.(rotator);
  return new AwsSolutionsChecks(app).validateScope(app).violations
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`))
    .filter((finding) => finding.includes('Tunnels/Rotator/'));
}

console.log(JSON.stringify({
  'the default': findings(() => ({})),
  'a concrete account and region': findings(() => ({}), { env: { account: '123456789012', region: 'eu-west-1' } }),
  'tracing and a VPC': findings((stack) => ({ tracing: Tracing.ACTIVE, vpc: new Vpc(stack, 'Vpc') })),
  'both sides of some tunnels': findings(() => ({
    clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION],
    tunnelScope: { things: ['pump-*', 'valve-7'] },
    disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.thingPresence()],
    destinationTopic: 'sites/<tunnelId>/notify',
  })),
  'a prefix from a parameter': findings((stack) => ({ secretPrefix: new CfnParameter(stack, 'Prefix').valueAsString })),
  'a prefix from another resource': findings((stack) => ({ secretPrefix: new Topic(stack, 'Topic').topicName })),
  'a prefix from another stack': findings(() => ({ secretPrefix: Fn.importValue('Prefix') })),
  'a policy that somebody added': findings(() => ({}), {}, ({ rotatorFunction }) =>
    rotatorFunction.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }))),
}));
