import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { CloseTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { Duration } from 'aws-cdk-lib';
import { length } from '../support/length';
import type { Operator } from './support/operator';
import { WholeStack } from './support/whole-stack';

/**
 * Operators with TCP sessions through the connector's own proxy, the rotator as it ships, and a network that cuts and cuts. A secret
 * takes 100 versions within 24 hours, so cuts that cost a token are spread over several tunnels.
 */
const TUNNELS = 3;
const CUTS_EACH = length(7, 67);
const SILENT = length(2, 50);
const TRANSFERS = length(5, 20);
const BYTES = length(1, 10) * 1_048_576;

let stack: WholeStack;
beforeAll(async () => {
  stack = await WholeStack.begin({}, { flapBudget: { burst: CUTS_EACH + 1, refill: Duration.minutes(30) } });
  stack.cloud.tunneling.behaviour.bandwidthBytesPerSecond = Infinity; // nothing here is about AWS's limit
});
afterEach(() => stack.endTests());
afterAll(() => stack.end());

/** No stalled machine is to be taken for a silent death. */
const PATIENT = 120_000;
const begin = (clientToken: boolean, { deadAfter = PATIENT, devicePort }: { deadAfter?: number; devicePort?: number } = {}) =>
  stack.operator((port) => ({ clientToken, proxy: { services: [`SSH=${port}`], deadAfter } }), devicePort);

const record = (tunnelId: string) => stack.cloud.tunneling.admin.record(tunnelId).source;
const refused = (tunnelId: string) => Object.values(record(tunnelId).refusals).reduce((sum, times) => sum + (times ?? 0), 0);

/** Cut after cut, with a word to the device in between. */
async function endure(tunnelId: string, operator: Operator, cuts: number) {
  await operator.connected();
  let heard = await operator.talk('hello, device') ? 1 : 0;
  const before = stack.rotations(tunnelId);
  for (let cut = 1; cut <= cuts; cut++) {
    stack.cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.hangup();
    // The port is open all the while: whoever dials now waits until the tunnel is back.
    if (await operator.talk(`still there after cut ${cut}?`)) heard += 1;
    await operator.connected();
  }
  return { heard, rotations: stack.rotations(tunnelId) - before, refused: refused(tunnelId), last: operator.states.at(-1)! };
}

async function nothingIsLeft(): Promise<void> {
  await stack.cloud.idle();
  expect(stack.claims).toEqual([]);
  expect(stack.cloud.calls.denied).toEqual([]);
  expect(await stack.findLeaks()).toEqual([]);
}

it(`comes back after each of ${TUNNELS * CUTS_EACH} cuts with the token that it has, and rotates none`, async () => {
  const sessions = await Promise.all(Array.from({ length: TUNNELS }, () => begin(true)));
  const results = await Promise.all(sessions.map(({ tunnelId, operator }) => endure(tunnelId, operator, CUTS_EACH)));
  for (const result of results) {
    expect(result).toMatchObject({ heard: CUTS_EACH + 1, rotations: 0, refused: 0, last: { state: 'connected', drops: CUTS_EACH } });
  }
  for (const { end } of sessions) expect(await end()).toBe('stopped');
  await nothingIsLeft();
});

it(`comes back after each of ${TUNNELS * CUTS_EACH} cuts without a client token, with one rotation for each`, async () => {
  const sessions = await Promise.all(Array.from({ length: TUNNELS }, () => begin(false)));
  const results = await Promise.all(sessions.map(({ tunnelId, operator }) => endure(tunnelId, operator, CUTS_EACH)));
  for (const result of results) {
    expect(result).toMatchObject({ heard: CUTS_EACH + 1, rotations: CUTS_EACH, refused: 0, last: { state: 'connected', drops: CUTS_EACH } });
  }
  for (const { end } of sessions) expect(await end()).toBe('stopped');
  await nothingIsLeft();
});

it(`notices each of ${SILENT} drops that nobody says a word about, and rotates none`, async () => {
  const { tunnelId, operator, end } = await begin(true, { deadAfter: 3_000 });
  await operator.connected();
  const before = record(tunnelId).rotations;
  for (let drop = 1; drop <= SILENT; drop++) {
    expect(await operator.talk(`before drop ${drop}`)).toBe(true);
    stack.cloud.tunneling.admin.cutSilently(tunnelId, 'source', { clientNotices: false });
    await operator.hangup();
    expect(await operator.talk(`after drop ${drop}`)).toBe(true);
    await operator.connected();
  }
  expect(record(tunnelId).rotations - before).toBe(0);
  expect(await end()).toBe('stopped');
}, length(60_000, 600_000));

it(`carries ${TRANSFERS} transfers of ${BYTES / 1_048_576} MB at once, there and back, byte for byte`, async () => {
  const { operator, port, end } = await begin(true);
  await operator.connected();
  const transfer = async (): Promise<boolean> => {
    const sent = randomBytes(BYTES);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(sent);
    const hash = createHash('sha256');
    let received = 0;
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      received += chunk.length;
      if (received >= BYTES) break;
    }
    socket.destroy();
    return hash.digest('hex') === createHash('sha256').update(sent).digest('hex');
  };
  expect(await Promise.all(Array.from({ length: TRANSFERS }, transfer))).toEqual(Array(TRANSFERS).fill(true));
  expect(await end()).toBe('stopped');
}, length(60_000, 600_000));

it('ends when somebody closes the tunnel', async () => {
  const { tunnelId, operator, end } = await begin(true);
  await operator.connected();
  await stack.tunneling.send(new CloseTunnelCommand({ tunnelId }));
  await expect(operator.connected()).rejects.toThrow('closed');
  expect(await end()).toBe('closed');
});

it('says which port is taken before it asks for any token, and which services there are', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const one = await stack.operator(() => ({ proxy: { services: [`SSH=${port}`] } }));
  await expect(one.operator.connected()).rejects.toThrow(`port-taken Cannot listen on 127.0.0.1:${port} for SSH`);
  const other = await stack.operator(() => ({ proxy: { services: ['SHH=0'] } }));
  await expect(other.operator.connected()).rejects.toThrow(/wrong-service .*SHH.*SSH/);
  for (const { tunnelId } of [one, other]) expect(record(tunnelId)).toMatchObject({ connects: 0, rotations: 0 });
  taken.close();
});
