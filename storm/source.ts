import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DEFAULT_POLICY, pause as growing } from '../connector/session/pauses';
import { currentToken, verifyEcho, type HeldToken } from '../demo/operator';
import { EVENTS } from '../lib/runtime-contract';
import type { Activity } from '../local-cloud/activity';
import type { LocalCloud } from '../local-cloud/cloud';
import type { Clock } from '../local-cloud/clock';
import { connectSource, UpgradeRefusedError, type Source } from '../tunnel-protocol/peer';
import type { Cut, Lot, Way } from './plan';

/** A connection that ended, and when the next one stood. */
export interface Drop {
  readonly tunnelId: string;
  readonly at: number;
  readonly how: Cut | 'kicked';
  readonly way: Way;
  backAt?: number;
}

export interface Clients {
  readonly secrets: SecretsManagerClient;
  readonly iot: IoTDataPlaneClient;
  readonly bus: EventBridgeClient;
}

/** What all sources share. */
export interface Ground {
  readonly cloud: LocalCloud;
  readonly clock: Clock;
  readonly clients: Clients;
  /** Of the sources: what they have begun and not ended. */
  readonly activity: Activity;
  readonly drops: Drop[];
  pause(milliseconds: number): Promise<void>;
}

/** Between two looks into the secret. */
const POLL = 500;
/** Whatever AWS answered, the connector would try again; so does this. */
const best = (work: Promise<unknown>) => work.then(() => undefined, () => undefined);

/** The operator's side of one tunnel: connects with what lies in its secret, and asks again until something does. */
export class StormSource {
  private link?: Source;
  private readonly tried = new Set<string | undefined>([undefined]);
  private waitingSince?: Drop;

  constructor(private readonly ground: Ground, readonly tunnelId: string, private readonly secretName: string, private held: HeldToken, readonly lot: Lot) {}

  get isConnected(): boolean {
    return this.link !== undefined;
  }

  async connect(): Promise<boolean> {
    const link = await connectSource({ endpoint: this.ground.cloud.endpoint, token: this.held.token, patience: 10_000 }).catch((error: unknown) => {
      if (error instanceof UpgradeRefusedError) return undefined;
      throw error;
    });
    if (!link) return false;
    this.link = link;
    if (this.waitingSince) this.waitingSince.backAt = this.ground.clock.now();
    this.waitingSince = undefined;
    void link.closed.then(() => this.ended(link));
    return true;
  }

  /** Its connection is cut, and it tries to come back. */
  drop(): void {
    const { ground: { cloud }, lot, tunnelId } = this;
    if (!this.link) return;
    const how = lot.cut();
    if (how === 'silent') cloud.tunneling.admin.cutSilently(tunnelId, 'source');
    else cloud.tunneling.admin.cut(tunnelId, 'source');
    this.dropped(how);
  }

  /** Bytes go to the device and come back. @throws if not */
  async verify(): Promise<void> {
    if (!this.link) throw new Error(`the source of ${this.tunnelId} is not connected`);
    await verifyEcho(this.link.openStream(), 1_024);
  }

  async close(): Promise<void> {
    const { link } = this;
    this.link = undefined;
    await link?.close();
  }

  private ended(link: Source): void {
    if (this.link === link) this.dropped('kicked'); // nobody but the service ends it without being asked
  }

  private dropped(how: Drop['how']): void {
    const { ground: { clock, drops }, tunnelId, lot, held } = this;
    this.link = undefined;
    const way = lot.way === 'proof' && held.proof === undefined ? 'hint' : lot.way;
    this.waitingSince = { tunnelId, at: clock.now(), how, way };
    drops.push(this.waitingSince);
    void this.comeBack();
  }

  private async comeBack(): Promise<void> {
    const { ground: { activity, clock, pause } } = this;
    let attempt = 0;
    let askAt = 0;
    while (!this.isConnected) {
      if (clock.now() >= askAt) {
        askAt = clock.now() + growing(DEFAULT_POLICY.askAgain, attempt++, () => 0.5);
        await activity.track(() => this.say());
      }
      if (await activity.track(() => this.look()) === 'refused') askAt = 0; // it speaks of that token now
      else if (!this.isConnected) await pause(POLL);
    }
  }

  /** @throws never: what can't be reached now is tried again */
  private async look(): Promise<'connected' | 'refused' | 'nothing'> {
    const found = await currentToken(this.ground.clients.secrets, this.secretName).catch(() => undefined);
    if (!found || this.tried.has(found.versionId)) return 'nothing';
    this.held = found;
    const connected = await this.connect().catch(() => undefined);
    if (connected === undefined) return 'nothing';
    this.tried.add(found.versionId);
    return connected ? 'connected' : 'refused';
  }

  private async say(): Promise<void> {
    const { lot: { way }, held: { proof }, tunnelId, ground: { clients: { iot, bus } } } = this;
    if (way === 'sweep') return;
    if (way === 'hint') {
      const Detail = JSON.stringify({ tunnelId });
      return best(bus.send(new PutEventsCommand({ Entries: [{ Source: 'fleet.storm', DetailType: EVENTS.disconnected, Detail }] })));
    }
    return best(iot.send(new PublishCommand({ topic: `tunnels/${tunnelId}/disconnected`, qos: 1, payload: Buffer.from(JSON.stringify({ proof })) })));
  }
}
