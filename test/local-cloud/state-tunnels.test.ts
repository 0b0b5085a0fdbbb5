import {
  CloseTunnelCommand, DescribeTunnelCommand, ListTunnelsCommand, OpenTunnelCommand, RotateTunnelAccessTokenCommand, TagResourceCommand,
  type IoTSecureTunnelingClient,
} from '@aws-sdk/client-iotsecuretunneling';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AdjustableClock } from '../../local-cloud/clock';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import type { SavedState } from '../../local-cloud/state/saved-state';
import { connectSource, UpgradeRefusedError, type Source } from '../../tunnel-protocol/peer';
import { clientsOf, refusal } from './support';
import { until } from '../support/until';

const MINUTE = 60_000;
const CLIENT_TOKEN = 'c'.repeat(32);

let directory: string;
let stateFile: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'state-'));
  stateFile = path.join(directory, 'state.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Session {
  readonly cloud: LocalCloud;
  readonly tunnels: IoTSecureTunnelingClient;
  connect(token: string, clientToken?: string): Promise<Source>;
  /** What a refused client is told, or `connected`. */
  attempt(token: string, clientToken?: string): Promise<string>;
}

/** One run of a cloud, from start to close; `late` is how much its clock is ahead, for what happened while nobody was there. */
async function session<T>(work: (session: Session) => Promise<T>, { file = stateFile, late = 0 } = {}): Promise<T> {
  const clock = new AdjustableClock();
  clock.advance(late);
  const cloud = await startLocalCloud({ stateFile: file, clock });
  const clients = clientsOf(cloud);
  const connect = (token: string, clientToken?: string) => connectSource({ endpoint: cloud.endpoint, token, clientToken });
  const attempt = async (token: string, clientToken?: string) => connect(token, clientToken).then(async (source) => {
    await source.close();
    return 'connected';
  }, (error: Error) => (error instanceof UpgradeRefusedError ? error.sentence : error.name));
  try {
    return await work({ cloud, tunnels: clients.tunnels, connect, attempt });
  } finally {
    Object.values(clients).forEach((client: { destroy(): void }) => client.destroy());
    await cloud.close();
  }
}

async function open(tunnels: IoTSecureTunnelingClient, minutes = 60) {
  const { tunnelId, tunnelArn, sourceAccessToken } = await tunnels.send(new OpenTunnelCommand({
    description: 'kept', destinationConfig: { thingName: 'pump-7', services: ['SSH'] }, timeoutConfig: { maxLifetimeTimeoutMinutes: minutes },
  }));
  return { tunnelId: tunnelId!, tunnelArn: tunnelArn!, token: sourceAccessToken! };
}

const describeTunnel = async (tunnels: IoTSecureTunnelingClient, tunnelId: string) =>
  (await tunnels.send(new DescribeTunnelCommand({ tunnelId }))).tunnel!;

test('GIVEN a tunnel nobody used WHEN the cloud restarts THEN it is described as before, and its token connects once', async () => {
  const before = await session(async ({ tunnels }) => {
    const tunnel = await open(tunnels);
    await tunnels.send(new TagResourceCommand({ resourceArn: tunnel.tunnelArn, tags: [{ key: 'a', value: 'b' }] }));
    return { ...tunnel, description: await describeTunnel(tunnels, tunnel.tunnelId) };
  });
  await session(async ({ tunnels, attempt }) => {
    expect(await describeTunnel(tunnels, before.tunnelId)).toEqual(before.description);
    expect(before.description).toMatchObject({ status: 'OPEN', tags: [{ key: 'a', value: 'b' }] });
    expect(await attempt(before.token)).toBe('connected');
    expect(await attempt(before.token)).toContain('previously used');
  });
});

test('GIVEN a connected source WHEN the cloud restarts THEN it is DISCONNECTED from then on, and its token stays spent', async () => {
  const before = await session(async ({ tunnels, connect }) => {
    const tunnel = await open(tunnels);
    const source = await connect(tunnel.token);
    return { ...tunnel, source, description: await describeTunnel(tunnels, tunnel.tunnelId) };
  });
  expect(before.description.sourceConnectionState!.status).toBe('CONNECTED');
  expect(await before.source.closed).toMatchObject({ code: 1006 }); // nobody said that the tunnel is over

  const restart = Date.now();
  const after = await session(async ({ tunnels, attempt }) => {
    const description = await describeTunnel(tunnels, before.tunnelId);
    expect(await attempt(before.token)).toContain('previously used');
    const { sourceAccessToken } = await tunnels.send(new RotateTunnelAccessTokenCommand({ tunnelId: before.tunnelId, clientMode: 'SOURCE' }));
    expect(await attempt(before.token)).toContain('revoked');
    expect(await attempt(sourceAccessToken!)).toBe('connected');
    return description;
  });
  expect(after).toMatchObject({ status: 'OPEN', sourceConnectionState: { status: 'DISCONNECTED' } });
  expect(after.sourceConnectionState!.lastUpdatedAt!.getTime()).toBeGreaterThanOrEqual(restart);
  expect(after.destinationConnectionState).toEqual(before.description.destinationConnectionState);
});

test('GIVEN a source that left WHEN the cloud restarts THEN the time it left stands', async () => {
  const before = await session(async ({ cloud, tunnels, connect }) => {
    const { tunnelId, token } = await open(tunnels);
    await (await connect(token)).close();
    await until(() => cloud.tunneling.admin.tunnel(tunnelId).source.status === 'DISCONNECTED', 'the source left');
    return describeTunnel(tunnels, tunnelId);
  });
  await session(async ({ tunnels }) => expect(await describeTunnel(tunnels, before.tunnelId!)).toEqual(before), { late: MINUTE });
});

test('GIVEN a rotated token and one used with a client token WHEN the cloud restarts THEN each is good for whom it was', async () => {
  const before = await session(async ({ tunnels, connect }) => {
    const [rotated, shared] = [await open(tunnels), await open(tunnels)];
    const { sourceAccessToken } = await tunnels.send(new RotateTunnelAccessTokenCommand({ tunnelId: rotated.tunnelId, clientMode: 'SOURCE' }));
    await connect(shared.token, CLIENT_TOKEN);
    return { revoked: rotated.token, current: sourceAccessToken!, shared: shared.token };
  });
  await session(async ({ attempt }) => {
    expect(await attempt(before.revoked)).toContain('revoked');
    expect(await attempt(before.current, CLIENT_TOKEN)).toContain('in use with another tunnel');
    expect(await attempt(before.current)).toBe('connected');
    expect(await attempt(before.shared)).toContain('previously used');
    expect(await attempt(before.shared, CLIENT_TOKEN)).toBe('connected');
  });
});

test('GIVEN a restart WHEN the lifetime ends THEN the tunnel and its connection end, and after three hours it is gone', async () => {
  const { tunnelId, token } = await session(({ tunnels }) => open(tunnels, 10));
  await session(async ({ cloud, tunnels, connect }) => {
    const source = await connect(token);
    await cloud.advance(10 * MINUTE);
    expect(await source.closed).toMatchObject({ code: 1000 });
    const { status, createdAt, lastUpdatedAt } = await describeTunnel(tunnels, tunnelId);
    expect([status, lastUpdatedAt!.getTime() - createdAt!.getTime()]).toEqual(['CLOSED', 10 * MINUTE]);
    await cloud.advance(180 * MINUTE);
    expect(await refusal(describeTunnel(tunnels, tunnelId))).toBe('ResourceNotFoundException');
  });
});

test.each([
  { closed: 'by hand', minutes: 60, late: 0, sees: 'CLOSED' },
  { closed: 'by hand', minutes: 60, late: 179 * MINUTE, sees: 'CLOSED' },
  { closed: 'by hand', minutes: 60, late: 181 * MINUTE, sees: 'ResourceNotFoundException' },
  { closed: 'by nobody', minutes: 10, late: 11 * MINUTE, sees: 'CLOSED' },
  { closed: 'by nobody', minutes: 10, late: 191 * MINUTE, sees: 'ResourceNotFoundException' },
])('GIVEN a tunnel of $minutes minutes, closed $closed WHEN the cloud starts again $late ms later THEN it is $sees', async ({ closed, minutes, late, sees }) => {
  const { tunnelId, token } = await session(async ({ tunnels }) => {
    const tunnel = await open(tunnels, minutes);
    if (closed === 'by hand') await tunnels.send(new CloseTunnelCommand({ tunnelId: tunnel.tunnelId }));
    return tunnel;
  });
  await session(async ({ tunnels, attempt }) => {
    expect(await describeTunnel(tunnels, tunnelId).then(({ status }) => status, (error: Error) => error.name)).toBe(sees);
    expect(await attempt(token)).toContain(sees === 'CLOSED' ? 'tunnel is closed' : 'is not valid');
  }, { late });
});

test('GIVEN tunnels from before a restart WHEN more are opened THEN pages of ListTunnels still go from the newest to the oldest', async () => {
  const older = await session(async ({ tunnels }) => [await open(tunnels), await open(tunnels)]);
  await session(async ({ tunnels }) => {
    const newer = await open(tunnels);
    const first = await tunnels.send(new ListTunnelsCommand({ maxResults: 2 }));
    const second = await tunnels.send(new ListTunnelsCommand({ maxResults: 2, nextToken: first.nextToken }));
    const listed = [...first.tunnelSummaries!, ...second.tunnelSummaries!].map(({ tunnelId }) => tunnelId);
    expect(listed).toEqual([newer, older[1], older[0]].map(({ tunnelId }) => tunnelId));
  });
});

test('GIVEN a token that was spent without an API call since WHEN the machine goes down hard THEN the token stays spent', async () => {
  const snapshot = path.join(directory, 'snapshot.json');
  const read = () => JSON.parse(readFileSync(stateFile, 'utf8')) as SavedState;
  const token = await session(async ({ cloud, tunnels, connect }) => {
    const tunnel = await open(tunnels);
    await cloud.advance(1_000);
    await until(() => { try { return read().places[0].tunneling.tokens.length === 2; } catch { return false; } }, 'the tunnel is saved');
    await connect(tunnel.token);
    await cloud.advance(1_000);
    await until(() => read().places[0].tunneling.tokens.some(({ used }) => used), 'its use is saved');
    copyFileSync(stateFile, snapshot);
    return tunnel.token;
  });
  await session(async ({ attempt }) => expect(await attempt(token)).toContain('previously used'), { file: snapshot });
});

test('The file holds no token', async () => {
  await session(async ({ tunnels, connect }) => connect((await open(tunnels)).token, CLIENT_TOKEN));
  const text = readFileSync(stateFile, 'utf8');
  expect(['LOCALCAT', CLIENT_TOKEN].filter((secret) => text.includes(secret)).length).toBe(0);
});
