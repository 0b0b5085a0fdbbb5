import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startEchoDevice } from '../../demo/device';
import { currentToken, verifyEcho } from '../../demo/operator';
import { AdjustableClock } from '../../local-cloud/clock';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import { connectDestination, connectSource, type Source } from '../../tunnel-protocol/peer';
import { runDirectory } from '../support/run-directory';

/** `examples/multi-region`, as it is, all of it on one local cloud. */
const EXAMPLE = join(__dirname, '..', '..', 'examples', 'multi-region');
const ROOT = join(__dirname, '..', '..');
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];

let assembly: string;
let cloud: LocalCloud;
beforeAll(async () => {
  assembly = mkdtempSync(join(runDirectory(), 'multi-region-'));
  const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
  // As `cdk synth` runs it.
  execFileSync(tsx, ['--tsconfig', join(ROOT, 'tsconfig.json'), join(EXAMPLE, 'main.ts')], { cwd: EXAMPLE, env: { ...process.env, CDK_OUTDIR: assembly }, stdio: 'ignore' });
  cloud = await startLocalCloud({ clock: new AdjustableClock({ stopped: true }) });
  for (const region of REGIONS) await cloud.deploy(assembly, `Tunnels-${region}`);
});
afterAll(() => cloud?.close());

/** An operator of one region, with a tunnel to a device there. */
class Operator {
  private source?: Source;

  private constructor(readonly tunnelId: string, private readonly clients: ReturnType<typeof clientsIn>, private readonly first: string) {}

  static async in(region: string, endings: (() => unknown)[]): Promise<Operator> {
    const clients = clientsIn(region);
    const opened = await clients.tunnels.send(new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
    const device = await startEchoDevice();
    endings.push(device.close, () => Object.values(clients).forEach((client) => client.destroy()));
    await connectDestination({ endpoint: cloud.endpoint, token: opened.destinationAccessToken!, targets: { SSH: { port: device.port } } });
    const operator = new Operator(opened.tunnelId!, clients, opened.sourceAccessToken!);
    await operator.connect(operator.first);
    return operator;
  }

  async connect(token: string): Promise<void> {
    this.source = await connectSource({ endpoint: cloud.endpoint, token });
    await verifyEcho(this.source.openStream());
  }

  async drop(): Promise<void> {
    this.source!.cut();
    await this.source!.closed;
  }

  async tell(tunnelId = this.tunnelId): Promise<void> {
    await this.clients.iot.send(new PublishCommand({ topic: `tunnels/${tunnelId}/disconnected`, qos: 1, payload: Buffer.from('{}') }));
    await cloud.idle();
  }

  /** What lies in this region's secret of the tunnel. */
  secret(tunnelId = this.tunnelId) {
    return currentToken(this.clients.secrets, `tunnels/${tunnelId}/source`);
  }
}

function clientsIn(region: string) {
  const settings = { endpoint: cloud.endpoint, region, credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
  return { tunnels: new IoTSecureTunnelingClient(settings), iot: new IoTDataPlaneClient(settings), secrets: new SecretsManagerClient(settings) };
}

describe('GIVEN a rotator in each of three regions', () => {
  const endings: (() => unknown)[] = [];
  let operators: Operator[];
  beforeEach(async () => {
    operators = await Promise.all(REGIONS.map((region) => Operator.in(region, endings)));
    await cloud.advance(20_000);
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  test('WHEN a source drops in each THEN each rotator brings its own back, and no other region holds a token of it', async () => {
    for (const operator of operators) await operator.drop();
    for (const operator of operators) await operator.tell();

    for (const operator of operators) {
      const fresh = await operator.secret();
      await operator.connect(fresh!.token);
      for (const other of operators.filter((each) => each !== operator)) expect(await other.secret(operator.tunnelId)).toBeUndefined();
    }
    expect(cloud.calls.denied).toEqual([]);
  });

  test('WHEN one region is told of a tunnel of another THEN nothing is rotated in either', async () => {
    const [here, there] = operators;
    await there.drop();
    await here.tell(there.tunnelId);

    expect(await here.secret(there.tunnelId)).toBeUndefined();
    expect(await there.secret()).toBeUndefined();
    expect(cloud.calls.denied).toEqual([]);
  });

  test('WHEN nobody says that a source dropped THEN the sweep of its region finds out', async () => {
    const [, dropped, ...others] = operators;
    await dropped.drop();
    cloud.fireSchedule();
    await cloud.idle();

    expect(await dropped.secret()).toBeDefined();
    for (const other of others) expect(await other.secret()).toBeUndefined();
  });
});
