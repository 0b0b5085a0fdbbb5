import { createServer, type AddressInfo } from 'node:net';
import { IoTSecureTunnelingClient, type OpenTunnelRequest } from '@aws-sdk/client-iotsecuretunneling';
import { checkConformance, type Verdict } from '../conformance/run';
import { type OpenedTunnel, Scene, type SceneProps } from '../conformance/scene';
import { startLocalCloud } from '../cloud';
import { leased } from './leased';
import { Lease } from './lease';
import type { Cost } from './report';

export interface ConformanceRun {
  readonly client: IoTSecureTunnelingClient;
  readonly endpoint: string;
  readonly lease: Lease;
  /** By which tunnels are found whose OpenTunnel got no answer. */
  readonly description: string;
  readonly interrupted: AbortSignal;
  heard(verdict: Verdict): void;
}

/** Looks ten times a second at most, and gives AWS time to show what happened. */
const WAITING = { patience: 30_000, pause: 250 };

/** Checks the conformance rows against wherever client and endpoint point at. */
export async function runConformance({ client, endpoint, lease, description, interrupted, heard }: ConformanceRun): Promise<void> {
  const secrets = new Set<string>();
  leased(client, lease, description, (secret) => secrets.add(secret));
  const echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const pool: OpenedTunnel[] = [];
  const props = { client, endpoint, echoPort: (echo.address() as AddressInfo).port, ...WAITING };
  try {
    await checkConformance({
      interrupted, heard,
      secrets: () => [...secrets],
      sceneFor: (mayReuse) => (mayReuse ? new ThriftyScene(props, pool) : new Scene(props)),
    });
  } finally {
    echo.close();
  }
}

/** Takes tunnels that earlier rows were done with: each one costs. */
class ThriftyScene extends Scene {
  private readonly mine = new Set<OpenedTunnel>();

  constructor(props: SceneProps, private readonly pool: OpenedTunnel[]) {
    super(props);
  }

  override async openTunnel(request: OpenTunnelRequest = ONE_SERVICE): Promise<OpenedTunnel> {
    if (JSON.stringify(request) !== JSON.stringify(ONE_SERVICE)) return super.openTunnel(request);
    const used = this.pool.find((tunnel) => !this.mine.has(tunnel));
    // A service that does not rotate what nobody has used gets a new tunnel.
    const fresh = used && await this.freshTokens(used).catch(() => undefined);
    if (used && fresh) {
      this.mine.add(used);
      return { ...used, ...fresh };
    }
    const opened = await super.openTunnel(request);
    this.pool.push(opened);
    this.mine.add(opened);
    return opened;
  }

  private async freshTokens({ tunnelId }: OpenedTunnel): Promise<Pick<OpenedTunnel, 'source' | 'destination'>> {
    const { sourceAccessToken, destinationAccessToken } = await this.rotate(tunnelId, 'ALL');
    return { source: sourceAccessToken!, destination: destinationAccessToken! };
  }
}

const ONE_SERVICE: OpenTunnelRequest = { destinationConfig: { services: ['SSH'] } };

/** Tries all rows on a local cloud. Those that AWS answers otherwise may take a tunnel more, or fewer. */
export async function planConformance(): Promise<Cost> {
  const cloud = await startLocalCloud();
  const client = new IoTSecureTunnelingClient({
    endpoint: cloud.endpoint, region: cloud.env.AWS_REGION, maxAttempts: 1,
    credentials: { accessKeyId: cloud.env.AWS_ACCESS_KEY_ID, secretAccessKey: cloud.env.AWS_SECRET_ACCESS_KEY },
  });
  const lease = new Lease(MANY);
  const began = Date.now();
  try {
    const interrupted = new AbortController().signal;
    await runConformance({ client, lease, endpoint: cloud.endpoint, description: 'rehearsal', interrupted, heard: () => undefined });
    return { tunnels: Math.ceil(lease.count * 1.2), calls: cloud.calls.records.length, duration: Math.max(Date.now() - began, SHORTEST) };
  } finally {
    client.destroy();
    await cloud.close();
  }
}

const MANY = 10_000;
/** A hundred rows over a real network. */
const SHORTEST = 120_000;
