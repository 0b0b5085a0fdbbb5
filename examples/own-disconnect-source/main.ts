import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { DisconnectSource, TunnelTokenRotator } from 'cdk-tunnel-token-rotator';
import { FleetStatus } from './fleet-status';

const stack = new Stack(new App(), 'Tunnels');
const rotator = new TunnelTokenRotator(stack, 'Rotator', {
  // Beside the way that comes with the package, for clients that know their proof.
  disconnectSources: [DisconnectSource.mqtt(), new FleetStatus()],
});

rotator.grantSignal(Role.fromRoleName(stack, 'Gateway', 'gateway'), { thingName: 'pump-7' });
