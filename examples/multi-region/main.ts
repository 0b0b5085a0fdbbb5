import { App, Duration, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const app = new App();

// A tunnel lives in one region, so each region has a rotator of its own. The names of the secrets are the same everywhere.
for (const region of ['eu-west-1', 'us-east-1', 'ap-southeast-2']) {
  const stack = new Stack(app, `Tunnels-${region}`, { env: { account: '123456789012', region } });
  new TunnelTokenRotator(stack, 'Rotator', {
    secretPrefix: 'tunnels',
    sweepInterval: Duration.minutes(2),
    dashboard: region === 'eu-west-1',
  });
}
