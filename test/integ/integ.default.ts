import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator } from '../../lib/index';

// The default stack, deployed and destroyed in an account of yours: see docs/deploying.md. Without an account, its snapshot is compared.
const app = new App({ context: { 'aws:cdk:disable-creation-stack-traces': true } });
const stack = new Stack(app, 'TunnelTokenRotatorDefault');
new TunnelTokenRotator(stack, 'Rotator');

new IntegTest(app, 'Default', { testCases: [stack], regions: ['eu-west-1'] });
