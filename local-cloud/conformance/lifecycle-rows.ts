import { randomUUID } from 'node:crypto';
import { expect } from 'expect';
import { API, GUIDE, type LocalRow, PROTOCOL, type Row } from './row';

export const LIFECYCLE: readonly (Row | LocalRow)[] = [
  {
    id: 'states-at-first', rule: 'A new tunnel is OPEN, and both of its connections are DISCONNECTED',
    source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel();
      expect(await scene.describe(tunnelId)).toMatchObject({
        status: 'OPEN', sourceConnectionState: { status: 'DISCONNECTED' }, destinationConnectionState: { status: 'DISCONNECTED' },
      });
    },
  },
  {
    id: 'states-change', rule: 'A side shows CONNECTED while its client is there, and DISCONNECTED again afterwards; the other side is not touched',
    source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const { tunnelId, destination } = await scene.openTunnel();
      const client = await scene.connect('destination', destination);
      await scene.untilStatus(tunnelId, 'destination', 'CONNECTED');
      const connected = await scene.describe(tunnelId);
      client.webSocket.terminate();
      await scene.untilStatus(tunnelId, 'destination', 'DISCONNECTED');
      const after = await scene.describe(tunnelId);
      const times = [connected.createdAt, connected.destinationConnectionState?.lastUpdatedAt, after.destinationConnectionState?.lastUpdatedAt];
      expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
      expect([connected, after].map(({ sourceConnectionState }) => sourceConnectionState?.status)).toEqual(['DISCONNECTED', 'DISCONNECTED']);
    },
  },
  {
    id: 'single-use', rule: 'A client access token can be used once to connect: the second time the handshake is refused with HTTP 400',
    source: `${GUIDE}iot-secure-tunneling-troubleshooting.html`, checkedBy: 'raw socket',
    async check(scene) {
      const { tunnelId, source } = await scene.openTunnel();
      await scene.connect('source', source);
      const refused = await scene.upgrade('source', source);
      expect(refused.status).toBe(400);
      // AWS's documents spell the rest of the sentence in two ways.
      expect(refused.body).toContain('The access token was previously used');
      await scene.untilStatus(tunnelId, 'source', 'CONNECTED');
    },
  },
  {
    id: 'rotate-revokes', rule: 'Rotation revokes the current token and returns one that connects to the same tunnel',
    source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'raw socket',
    async check(scene) {
      const { tunnelId, source, destination } = await scene.openTunnel();
      const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
      expect((await scene.upgrade('source', source)).status).toBe(400);
      expect((await scene.upgrade('source', sourceAccessToken!)).status).toBe(101);
      expect((await scene.upgrade('destination', destination)).status).toBe(101);
    },
  },
  {
    id: 'rotate-disconnects', rule: 'Rotation disconnects the side that is connected with the old token, and only that side',
    source: `${GUIDE}iot-secure-tunneling-troubleshooting.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const { tunnelId, source, destination } = await scene.openTunnel();
      const client = await scene.connect('source', source);
      await scene.connect('destination', destination);
      await scene.rotate(tunnelId, 'SOURCE');
      await client.closed;
      await scene.untilStatus(tunnelId, 'source', 'DISCONNECTED');
      await scene.untilStatus(tunnelId, 'destination', 'CONNECTED');
    },
  },
  {
    id: 'reconnect', rule: 'A device can connect and disconnect repeatedly while the tunnel is open, with a rotated token each time',
    source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const { tunnelId, source } = await scene.openTunnel();
      let token = source;
      for (let round = 0; round < 5; round += 1) {
        const client = await scene.connect('source', token);
        await scene.untilStatus(tunnelId, 'source', 'CONNECTED');
        client.webSocket.close();
        await scene.untilStatus(tunnelId, 'source', 'DISCONNECTED');
        token = (await scene.rotate(tunnelId, 'SOURCE')).sourceAccessToken!;
      }
    },
  },
  {
    id: 'close-disconnects', rule: 'CloseTunnel closes the WebSocket connections of both sides',
    source: `${API}CloseTunnel.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const { tunnelId, source, destination } = await scene.openTunnel();
      const clients = [await scene.connect('source', source), await scene.connect('destination', destination)];
      await scene.closeTunnel(tunnelId);
      for (const client of clients) expect((await client.closed).code).toBe(1000);
      for (const side of ['source', 'destination'] as const) await scene.untilStatus(tunnelId, side, 'DISCONNECTED');
    },
  },
  {
    id: 'expiry-disconnects', rule: 'When the lifetime ends, the connections end', source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'WebSocket client',
    async checkLocally(scene) {
      const { tunnelId, source } = await scene.openTunnel({ timeoutConfig: { maxLifetimeTimeoutMinutes: 1 } });
      const client = await scene.connect('source', source);
      scene.clock.advance(60_000);
      expect((await client.closed).code).toBe(1000);
      expect((await scene.describe(tunnelId)).sourceConnectionState?.status).toBe('DISCONNECTED');
    },
  },
  {
    id: 'closed-refuses', rule: 'Nobody can connect to a closed tunnel, not even with a token that was never used',
    source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'raw socket',
    async check(scene) {
      const { tunnelId, source } = await scene.openTunnel();
      await scene.closeTunnel(tunnelId);
      expect((await scene.upgrade('source', source)).status).toBe(400);
    },
  },
  {
    id: 'client-token-reuse', rule: 'With a client token the same access token can be used again, and takes the place of the old connection',
    source: `${GUIDE}secure-tunneling-concepts.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const clientToken = randomUUID();
      const { tunnelId, source } = await scene.openTunnel();
      const headers = { 'client-token': clientToken };
      const first = await scene.connect('source', source, '3.0', headers);
      const second = await scene.connect('source', source, '3.0', headers);
      await first.closed;
      await second.settled();
      await scene.untilStatus(tunnelId, 'source', 'CONNECTED');
    },
  },
  {
    id: 'client-token-other', rule: 'An access token that was used with a client token is refused with another one, and without one',
    source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const clientToken = randomUUID();
      const { source } = await scene.openTunnel();
      await scene.connect('source', source, '3.0', { 'client-token': clientToken });
      expect((await scene.upgrade('source', source, [`client-token: ${randomUUID()}`])).status).toBe(400);
      expect((await scene.upgrade('source', source)).status).toBe(400);
    },
  },
  {
    id: 'client-token-late', rule: 'A client token cannot revive an access token that was used without one', source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const clientToken = randomUUID();
      const { source } = await scene.openTunnel();
      await scene.connect('source', source);
      const { status, body } = await scene.upgrade('source', source, [`client-token: ${clientToken}`]);
      expect([status, body.includes('previously used')]).toEqual([400, true]);
    },
  },
  {
    id: 'client-token-unique', rule: 'A client token is unique across the open tunnels of the account', source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const clientToken = randomUUID();
      const [one, two] = [await scene.openTunnel(), await scene.openTunnel()];
      const header = `client-token: ${clientToken}`;
      expect((await scene.upgrade('source', one.source, [header])).status).toBe(101);
      expect((await scene.upgrade('source', two.source, [header])).status).toBe(400);
      await scene.closeTunnel(one.tunnelId);
      expect((await scene.upgrade('source', two.source, [header])).status).toBe(101);
    },
  },
  {
    id: 'client-token-rotated', rule: 'Rotation ends the reuse of the old access token, client token or not', source: `${GUIDE}secure-tunneling-concepts.html`,
    checkedBy: 'raw socket',
    async check(scene) {
      const clientToken = randomUUID();
      const { tunnelId, source } = await scene.openTunnel();
      const header = `client-token: ${clientToken}`;
      await scene.upgrade('source', source, [header]);
      const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
      expect((await scene.upgrade('source', source, [header])).status).toBe(400);
      expect((await scene.upgrade('source', sourceAccessToken!, [header])).status).toBe(101);
    },
  },
];
