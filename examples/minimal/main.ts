import { App, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const stack = new Stack(new App(), 'Tunnels');
new TunnelTokenRotator(stack, 'Rotator');
