import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { TunnelTokenRotator } from '../../lib';
import { passCleanups } from '../support/cleanup-time';
import { runDirectory } from '../support/run-directory';
import { recovered, worldForEachStory } from '../support/stories';

/** The local cloud has no VPC and no X-Ray: what Lambda does there as a function's role is held against that role as AWS's documents tell it. */
function synthesize(): string {
  const stack = new Stack(new App({ outdir: mkdtempSync(join(runDirectory(), 'vpc-')) }), 'Inside');
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-0123456789abcdef0'] });
  const rotator = new TunnelTokenRotator(stack, 'Rotator', {
    vpc, securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')], tracing: Tracing.ACTIVE,
  });
  new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
  return (stack.node.root as App).synth().directory;
}

const world = worldForEachStory(synthesize);

test('GIVEN functions in a VPC that are traced WHEN a source drops, and its tunnel ends THEN it comes back, is swept, and goes', async () => {
  const tunnel = await recovered(world());
  expect(await tunnel.works()).toBe(true);
  await tunnel.close();
  await world().sweep();
});

test('GIVEN functions in a VPC that are traced WHEN the stack is deleted THEN the cleaner, outside the VPC, takes the secrets along', async () => {
  const tunnel = await recovered(world());
  await passCleanups(world().cloud, () => world().deployment.destroy());
  expect(await tunnel.secretExists()).toBe(false);
});
