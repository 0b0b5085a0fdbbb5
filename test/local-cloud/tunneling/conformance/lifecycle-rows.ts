import { GUIDE, PROTOCOL, type Row, API } from './row';

export const LIFECYCLE: readonly Row[] = [
  {
    id: 'states-at-first', rule: 'A new tunnel is OPEN, and both of its connections are DISCONNECTED', source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'AWS SDK',
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
      scene.clock.advance(1_000);
      const client = await scene.connect('destination', destination);
      const connectedAt = new Date(scene.clock.now());
      expect((await scene.describe(tunnelId)).destinationConnectionState).toEqual({ status: 'CONNECTED', lastUpdatedAt: connectedAt });
      scene.clock.advance(1_000);
      client.webSocket.terminate();
      await scene.untilStatus(tunnelId, 'destination', 'DISCONNECTED');
      expect((await scene.describe(tunnelId)).destinationConnectionState?.lastUpdatedAt).toEqual(new Date(scene.clock.now()));
      expect((await scene.describe(tunnelId)).sourceConnectionState?.status).toBe('DISCONNECTED');
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
      expect(refused.body).toBe('Invalid access token: The access token was previously used and can not be used again.');
      expect((await scene.describe(tunnelId)).sourceConnectionState?.status).toBe('CONNECTED');
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
      expect(await scene.describe(tunnelId)).toMatchObject({
        sourceConnectionState: { status: 'DISCONNECTED' }, destinationConnectionState: { status: 'CONNECTED' },
      });
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
      expect(scene.stage.tunneling.admin.record(tunnelId).source).toMatchObject({ connects: 5, rotations: 5, refusals: {} });
    },
  },
  {
    id: 'close-disconnects', rule: 'CloseTunnel closes the WebSocket connections of both sides', source: `${API}CloseTunnel.html`, checkedBy: 'WebSocket client',
    async check(scene) {
      const { tunnelId, source, destination } = await scene.openTunnel();
      const clients = [await scene.connect('source', source), await scene.connect('destination', destination)];
      await scene.closeTunnel(tunnelId);
      for (const client of clients) expect((await client.closed).code).toBe(1000);
      expect(await scene.describe(tunnelId)).toMatchObject({
        sourceConnectionState: { status: 'DISCONNECTED' }, destinationConnectionState: { status: 'DISCONNECTED' },
      });
    },
  },
  {
    id: 'expiry-disconnects', rule: 'When the lifetime ends, the connections end', source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'WebSocket client',
    async check(scene) {
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
      const { tunnelId, source } = await scene.openTunnel();
      const headers = { 'client-token': 'a'.repeat(32) };
      const first = await scene.connect('source', source, '3.0', headers);
      const second = await scene.connect('source', source, '3.0', headers);
      await first.closed;
      await second.settled();
      expect((await scene.describe(tunnelId)).sourceConnectionState?.status).toBe('CONNECTED');
    },
  },
  {
    id: 'client-token-other', rule: 'An access token that was used with a client token is refused with another one, and without one',
    source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      await scene.connect('source', source, '3.0', { 'client-token': 'a'.repeat(32) });
      expect((await scene.upgrade('source', source, [`client-token: ${'b'.repeat(32)}`])).status).toBe(400);
      expect((await scene.upgrade('source', source)).status).toBe(400);
    },
  },
  {
    id: 'client-token-late', rule: 'A client token cannot revive an access token that was used without one', source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      await scene.connect('source', source);
      const { status, body } = await scene.upgrade('source', source, [`client-token: ${'a'.repeat(32)}`]);
      expect([status, body.includes('previously used')]).toEqual([400, true]);
    },
  },
  {
    id: 'client-token-unique', rule: 'A client token is unique across the open tunnels of the account', source: PROTOCOL(2), checkedBy: 'raw socket',
    async check(scene) {
      const [one, two] = [await scene.openTunnel(), await scene.openTunnel()];
      const header = `client-token: ${'a'.repeat(32)}`;
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
      const { tunnelId, source } = await scene.openTunnel();
      const header = `client-token: ${'a'.repeat(32)}`;
      await scene.upgrade('source', source, [header]);
      const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
      expect((await scene.upgrade('source', source, [header])).status).toBe(400);
      expect((await scene.upgrade('source', sourceAccessToken!, [header])).status).toBe(101);
    },
  },
];
