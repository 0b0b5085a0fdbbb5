/**
 * Stands where `docs/deploying.md` starts AWS's local proxy on the device, in the check of that document: connects the destination with the token in its
 * environment to the local cloud that AWS_ENDPOINT_URL names, and says back whatever it hears.
 */
import { startEchoDevice } from '../demo/device';
import { connectDestination } from '../tunnel-protocol/peer';

async function main(): Promise<void> {
  const { port } = await startEchoDevice();
  const { AWS_ENDPOINT_URL: endpoint = '', AWSIOT_TUNNEL_ACCESS_TOKEN: token = '' } = process.env;
  const { closed } = await connectDestination({ endpoint, token, targets: { SSH: { port } } });
  await closed;
  process.exit();
}

void main();
