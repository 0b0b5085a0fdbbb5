import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_POLICY, pause } from '../connector/session/pauses';
import { currentToken, type HeldToken } from '../demo/operator';
import { sourceSecretName } from '../lib/runtime-contract';
import { AdjustableClock } from '../local-cloud/clock';
import { World } from '../test/support/world';
import { connectSource } from '../tunnel-protocol/peer';
import { assembly } from './assembly';
import type { Figure } from './figure';
import { RotationBook, type Fate } from './rotation-book';

const TUNNELS = 300;
const QUOTA = 10;

/** The same with the bundles that ship, in processes of their own, against the local cloud. */
export async function realBlip(say: (line: string) => void): Promise<Figure[]> {
  const clock = new AdjustableClock();
  const world = await World.begin(assembly(), {}, clock);
  try {
    say(`${TUNNELS} tunnels get their first token, in real processes`);
    const clients = await Promise.all(Array.from({ length: TUNNELS }, () => Client.open(world)));
    await world.advance(20_000);
    await Promise.all(clients.map((client) => client.recover(false)));
    await world.advance(20_000);
    say(`${TUNNELS} tunnels drop at once, at ${QUOTA} calls a second, in real processes`);
    Object.assign(world.cloud.tunneling.behaviour, { describeQuotaPerSecond: QUOTA, rotateQuotaPerSecond: QUOTA });
    let calls = 0;
    world.cloud.calls.onEnd(({ action, caller }) => {
      if (caller !== 'user' && /Tunnel/.test(action)) calls += 1;
    });
    const book = new RotationBook(world.cloud);
    const began = performance.now();
    await Promise.all(clients.map((client, index) => client.recover(index % 2 === 1)));
    const took = (performance.now() - began) / 1000;
    await world.cloud.idle();
    const cut = clients.filter(({ isCut }) => isCut).length;
    const odd = clients.filter(({ id }) => !isOneDrop(book.fates(id)));
    if (cut > 0 || odd.length > 0) {
      throw new Error([`${cut} clients were cut off again; the rotations of ${odd.length} are not one for the drop:`, ...tell(odd, book)].join('\n'));
    }
    const more = clients.flatMap(({ id }) => book.fates(id)).filter((fate) => fate !== 'delivered');
    return [{
      id: 'blip.real.time', title: `${TUNNELS} tunnels at ${QUOTA} calls a second, in real processes: until all are connected again`, unit: 's', value: took,
      floor: { title: 'one Rotate each at the quota', value: TUNNELS / QUOTA }, goal: 1.25,
      note: [
        'each got one token, and was not cut off again', `${(calls / TUNNELS).toFixed(1)} calls to Secure Tunneling for each`,
        ...(more.length > 0 ? [`${more.length} rotations were made again, since the rotator had waited for their answer in vain on this busy machine`] : []),
      ].join('; '),
    }];
  } finally {
    await world.end();
  }
}

/** One token for a drop; and a rotation whose answer, or whose delivery's, came too late has to be made again. */
const isOneDrop = (fates: readonly Fate[]): boolean =>
  fates.filter((fate) => fate === 'delivered').length === 1 && fates.at(-1) === 'delivered' && !fates.includes('unexplained');

/** What happened to the first few. */
const tell = (clients: readonly Client[], book: RotationBook): string[] =>
  clients.slice(0, 3).flatMap(({ id }) => [`${id}: ${book.fates(id).join(', ')}`, ...book.story(id).map((line) => `  ${line}`)]);

/** A source, and who brings it back. */
class Client {
  static async open(world: World): Promise<Client> {
    const { tunnelId = '', sourceAccessToken = '' } = await world.tunneling.send(new OpenTunnelCommand({ destinationConfig: { services: ['SSH'] } }));
    const client = new Client(world, tunnelId, { token: sourceAccessToken });
    await client.connect();
    return client;
  }

  isCut = false;

  private constructor(private readonly world: World, readonly id: string, private held: HeldToken) {}

  /** Drops, says so, asks again until there is another token, and connects with it. */
  async recover(silently: boolean): Promise<void> {
    const { admin } = this.world.cloud.tunneling;
    if (silently) admin.cutSilently(this.id, 'source');
    else admin.cut(this.id, 'source');
    for (let attempt = 0; ; attempt++) {
      await this.signal();
      const patience = performance.now() + pause(DEFAULT_POLICY.askAgain, attempt, Math.random);
      while (performance.now() < patience) {
        const found = await currentToken(this.world.secrets, sourceSecretName(this.world.secretPrefix, this.id));
        if (found && found.versionId !== this.held.versionId) {
          this.held = found;
          return this.connect();
        }
        await sleep(1_000);
      }
    }
  }

  private async signal(): Promise<void> {
    const payload = Buffer.from(JSON.stringify({ proof: this.held.proof }));
    await this.world.iot.send(new PublishCommand({ topic: `tunnels/${this.id}/disconnected`, qos: 1, payload }));
  }

  private async connect(): Promise<void> {
    this.isCut = false;
    const { closed } = await connectSource({ endpoint: this.world.cloud.endpoint, token: this.held.token });
    void closed.then(() => { this.isCut = true; });
  }
}
