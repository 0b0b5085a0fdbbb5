import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { App, Stack } from 'aws-cdk-lib';
import { startEchoDevice } from '../../../demo/device';
import { TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../../lib';
import { type LocalCloud, startLocalCloud } from '../../../local-cloud/cloud';
import type { LocalCloudOptions } from '../../../local-cloud/options';
import { connectDestination } from '../../../tunnel-protocol/peer';
import type { ConnectOptions } from '../../../connector/connect';
import { LeakScan } from '../../../leak-scan/leak-scan';
import { freePort, Operator } from './operator';

/** So that a test needs no patience. */
export const QUICK = { poll: [{ until: Infinity, every: 50 }], watch: { first: 100, factor: 1, longest: 100 }, inUseLooks: [500, 500] };

/** The rotator as it ships on a local cloud, and operators with tunnels to devices. Its environment is this process's, until it ends. */
export class WholeStack {
  private readonly before = { ...process.env };
  private readonly begun: (() => Promise<unknown>)[] = [];
  private readonly operators: Operator[] = [];
  /** Knows every token and proof that the cloud issues. */
  private readonly leaks: LeakScan;

  private constructor(
    readonly directory: string, readonly cloud: LocalCloud, readonly prefix: string, readonly tunneling: IoTSecureTunnelingClient,
  ) {
    this.leaks = new LeakScan(cloud);
  }

  static async begin(options: LocalCloudOptions, props: TunnelTokenRotatorProps): Promise<WholeStack> {
    const directory = mkdtempSync(join(tmpdir(), 'tunnel-source-story-'));
    const cloud = await startLocalCloud(options);
    const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'TEST', secretAccessKey: 'local' } };
    const app = new App({ outdir: join(directory, 'cdk.out') });
    const { secretPrefix } = new TunnelTokenRotator(new Stack(app, 'Tunnels'), 'Rotator', props);
    const stack = new WholeStack(directory, cloud, secretPrefix, new IoTSecureTunnelingClient(settings));
    Object.assign(process.env, cloud.env, { TEST_MARK: directory, AWS_EC2_METADATA_DISABLED: 'true' });
    app.synth();
    await cloud.deploy(join(directory, 'cdk.out'));
    return stack;
  }

  get footprints(): string {
    return join(this.directory, 'footprints');
  }

  /** What says that a connector runs. */
  get claims(): string[] {
    return readdirSync(this.footprints).filter((name) => name.endsWith('.json'));
  }

  /**
   * Rotations of the tunnel's source that the rotator heard the answer to. Where the machine stalls for longer than it waits for one (3 s),
   * nobody has that token, so it has to rotate once more for the same drop.
   */
  rotations(tunnelId: string): number {
    const unheard = this.cloud.logs.lines.filter(({ text }) => text.includes('"recovery failed"') && text.includes(tunnelId)
      && text.includes('"call":"IoTSecureTunneling.RotateTunnelAccessToken"') && text.includes('"failure":"unavailable"'));
    return this.cloud.tunneling.admin.record(tunnelId).source.rotations - unheard.length;
  }

  /** Where a token or a proof stands that does not belong there: in what operators were told, in processes, or anywhere in the cloud; also in disguise. */
  findLeaks(): Promise<string[]> {
    for (const { states, news } of this.operators) {
      this.leaks.note('states of a session', states);
      this.leaks.note('news of a session', news.join('\n'));
    }
    return this.leaks.find();
  }

  /** A tunnel to a device, an echo if nothing else, and an operator at its other end. */
  async operator(optionsFor: (port: number) => Partial<ConnectOptions>, devicePort?: number) {
    const { tunnelId = '', destinationAccessToken = '' } = await this.tunneling.send(
      new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
    const device = await startEchoDevice();
    const target = { port: devicePort ?? device.port };
    const destination = await connectDestination({ endpoint: this.cloud.endpoint, token: destinationAccessToken, targets: { SSH: target } });
    const port = await freePort();
    const operator = new Operator(port, {
      tunnelId, secretPrefix: this.prefix, region: 'eu-west-1', policy: QUICK, stopGrace: 500, footprints: this.footprints, ...optionsFor(port),
    });
    this.operators.push(operator);
    let ended: Promise<string> | undefined;
    const end = () => ended ??= (async () => {
      const how = await operator.stop();
      await destination.close();
      device.close();
      return how;
    })();
    this.begun.push(end);
    return { tunnelId, operator, port, end };
  }

  /** Ends whatever a failed test left running. */
  async endTests(): Promise<void> {
    for (const end of this.begun.splice(0)) await end();
  }

  async end(): Promise<void> {
    this.tunneling.destroy();
    await this.cloud.close();
    rmSync(this.directory, { recursive: true });
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, this.before);
  }
}
