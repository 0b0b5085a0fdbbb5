import { App, aws_iam as iam, CfnParameter, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { ClientMode, DisconnectSource, TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib/index';

const PACKS = [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks];

/** Prints what cdk-nag finds in a few stacks, by name, as JSON: a program of its own, because it loads for half a minute in jest. */
function findings(props: (stack: Stack) => TunnelTokenRotatorProps, stackProps?: StackProps, change?: (rotator: TunnelTokenRotator) => void) {
  const app = new App();
  const stack = new Stack(app, 'Tunnels', stackProps);
  const rotator = new TunnelTokenRotator(stack, 'Rotator', props(stack));
  change?.(rotator);
  return PACKS.flatMap((Pack) => new Pack(app).validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`))
    .filter((finding) => finding.includes('Tunnels/Rotator/'));
}

/** What rule packs ask for and a prop gives. */
const strict = (stack: Stack): TunnelTokenRotatorProps => ({
  alarmActions: [new SnsAction(new Topic(stack, 'Pager'))],
  logEncryptionKey: new Key(stack, 'LogKey'),
  managedPolicies: true,
  tracing: Tracing.ACTIVE,
  vpc: new Vpc(stack, 'Vpc'),
});
const both: TunnelTokenRotatorProps = {
  clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION],
  tunnelScope: { things: ['pump-*', 'valve-7'] },
  disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.thingPresence()],
  destinationTopic: 'sites/<tunnelId>/notify',
};

console.log(JSON.stringify({
  'the default': findings(() => ({})),
  'every prop that a pack asks for': findings(strict),
  'the same with inline policies': findings((stack) => ({ ...strict(stack), managedPolicies: false })),
  'a concrete account and region': findings(strict, { env: { account: '123456789012', region: 'eu-west-1' } }),
  'both sides of some tunnels': findings((stack) => ({ ...strict(stack), ...both })),
  'a key for the tokens': findings((stack) => ({ ...strict(stack), encryptionKey: new Key(stack, 'TokenKey') })),
  'a prefix from a parameter': findings((stack) => ({ ...strict(stack), secretPrefix: new CfnParameter(stack, 'Prefix').valueAsString })),
  'a prefix from another resource': findings((stack) => ({ ...strict(stack), secretPrefix: new Topic(stack, 'Topic').topicName })),
  'a prefix from another stack': findings((stack) => ({ ...strict(stack), secretPrefix: Fn.importValue('Prefix') })),
  'a policy that somebody added': findings(strict, {}, ({ rotatorFunction }) =>
    rotatorFunction.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }))),
}));
