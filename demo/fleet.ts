import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { connect, type Connection } from '../connector/connect';
import { connectDestination, type Destination } from '../tunnel-protocol/peer';
import { startEchoDevice } from './device';
import type { Stage } from './stage';

/** Operators with a session each, and the devices at their other ends. */
export interface Fleet {
  readonly size: number;
  end(): Promise<void>;
}

/** Opens so many tunnels, with a device at the far end of each and the connector at the near one. Without client tokens: each cut costs a token. */
export async function startFleet({ cloud: { endpoint }, secretPrefix }: Stage, size: number): Promise<Fleet> {
  const tunneling = new IoTSecureTunnelingClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const footprints = await mkdtemp(join(tmpdir(), 'fleet-'));
  const device = await startEchoDevice();
  const destinations: Destination[] = [];
  const sessions: Connection[] = [];
  for (let number = 1; number <= size; number += 1) {
    const { tunnelId = '', sourceAccessToken, destinationAccessToken = '' } = await tunneling.send(
      new OpenTunnelCommand({ destinationConfig: { thingName: `pump-${number}`, services: ['SSH'] } }));
    destinations.push(await connectDestination({ endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } }));
    sessions.push(connect({ tunnelId, secretPrefix, firstToken: sourceAccessToken, clientToken: false, footprints, proxy: { services: ['SSH=0'] } }));
  }
  return {
    size,
    async end() {
      await Promise.all(sessions.map((session) => session.stop()));
      await Promise.all(destinations.map((destination) => destination.close()));
      device.close();
      tunneling.destroy();
      await rm(footprints, { recursive: true, force: true });
    },
  };
}
