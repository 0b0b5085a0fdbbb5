import { expect } from 'expect';
import { PROTOCOL, type Row, type Scene } from './row';

const MODE = '/tunnel?local-proxy-mode=source';
const VERSION = 'Sec-WebSocket-Protocol: aws.iot.securetunneling-3.0';

/** The request is refused with HTTP 400, and does not spend the token: a proper one is let in afterwards. */
function refused(id: string, rule: string, request: (token: string, scene: Scene) => [path: string, headers: string[]], version: 1 | 2 | 3 = 3): Row {
  return {
    id, rule, source: PROTOCOL(version), checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      const answer = await scene.upgradeWith(...request(source, scene));
      expect(answer.status).toBe(400);
      expect(answer.body.includes(source)).toBe(false);
      expect((await scene.upgrade('source', source)).status).toBe(101);
    },
  };
}

/** The request is answered with HTTP 101 and the given sub-protocol. */
function accepted(id: string, rule: string, protocol: string, headers: (token: string) => string[], version: 1 | 2 | 3 = 3): Row {
  return {
    id, rule, source: PROTOCOL(version), checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      const answer = await scene.upgradeWith(MODE, headers(source));
      expect([answer.status, answer.headers['sec-websocket-protocol']]).toEqual([101, protocol]);
    },
  };
}

export const HANDSHAKE: readonly Row[] = [
  refused('path', 'The path of the upgrade request must be /tunnel', (token) => ['/other?local-proxy-mode=source', [`access-token: ${token}`, VERSION]]),
  refused('mode-missing', 'The parameter local-proxy-mode must be there', (token) => ['/tunnel', [`access-token: ${token}`, VERSION]]),
  refused('mode-value',
    'The value of local-proxy-mode must be source or destination', (token) => ['/tunnel?local-proxy-mode=SOURCE', [`access-token: ${token}`, VERSION]]),
  refused('mode-match',
    'The mode must match the mode of the access token', (token) => ['/tunnel?local-proxy-mode=destination', [`access-token: ${token}`, VERSION]]),
  refused('token-missing', 'There must be an access token in the request', () => [MODE, [VERSION]]),
  refused('token-unknown', 'An access token that was never issued is refused', () => [MODE, ['access-token: invented', VERSION]]),
  refused('token-twice', 'Two access-token headers make the handshake fail', (token) => [MODE, [`access-token: ${token}`, `access-token: ${token}`, VERSION]]),
  refused('token-header-and-cookie', 'A token in the header and one in the cookie make the handshake fail',
    (token) => [MODE, [`access-token: ${token}`, `Cookie: awsiot-tunnel-token=${token}`, VERSION]]),
  refused('token-two-cookies', 'Two token cookies make the handshake fail',
    (token) => [MODE, [`Cookie: awsiot-tunnel-token=${token}; awsiot-tunnel-token=${token}`, VERSION]]),
  refused('request-size', 'A request of more than 4 KB is refused', (token) => [MODE, [`access-token: ${token}`, VERSION, `x-padding: ${'x'.repeat(4_096)}`]]),
  refused('protocol-unknown', 'At least one supported protocol must be requested',
    (token) => [MODE, [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-9.0']]),
  refused('protocol-missing', 'A request without Sec-WebSocket-Protocol is refused', (token) => [MODE, [`access-token: ${token}`]]),
  refused('client-token-twice', 'Two client-token headers make the handshake fail',
    (token) => [MODE, [`access-token: ${token}`, VERSION, `client-token: ${'a'.repeat(32)}`, `client-token: ${'a'.repeat(32)}`]], 2),
  refused('client-token-short', 'A client token of less than 32 characters is refused',
    (token) => [MODE, [`access-token: ${token}`, VERSION, `client-token: ${'a'.repeat(31)}`]], 2),
  refused('client-token-long', 'A client token of more than 128 characters is refused',
    (token) => [MODE, [`access-token: ${token}`, VERSION, `client-token: ${'a'.repeat(129)}`]], 2),
  refused('client-token-characters', 'A client token holds letters, digits and hyphens only',
    (token) => [MODE, [`access-token: ${token}`, VERSION, `client-token: ${'a_'.repeat(20)}`]], 2),
  accepted('token-cookie', 'The token may be in the cookie awsiot-tunnel-token', 'aws.iot.securetunneling-3.0',
    (token) => [`Cookie: theme=dark; awsiot-tunnel-token=${token}`, VERSION]),
  accepted('client-token', 'A client token of 32 to 128 letters, digits and hyphens is taken', 'aws.iot.securetunneling-3.0',
    (token) => [`access-token: ${token}`, VERSION, `client-token: ${'aZ0-'.repeat(32)}`], 2),
  accepted('version-1',
    'Protocol 1.0 is served', 'aws.iot.securetunneling-1.0', (token) => [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-1.0'], 1),
  accepted('version-2',
    'Protocol 2.0 is served', 'aws.iot.securetunneling-2.0', (token) => [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-2.0'], 2),
  accepted('version-3', 'Protocol 3.0 is served', 'aws.iot.securetunneling-3.0', (token) => [`access-token: ${token}`, VERSION]),
  accepted('protocol-choice', 'The answer holds one of the protocols that were requested', 'aws.iot.securetunneling-2.0',
    (token) => [`access-token: ${token}`, 'Sec-WebSocket-Protocol: chat, aws.iot.securetunneling-2.0, aws.iot.securetunneling-1.0']),
  {
    id: 'request-size-limit', rule: 'A request of exactly 4 KB is taken', source: PROTOCOL(3), checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      const head = [
        `GET ${MODE} HTTP/1.1`, `Host: ${new URL(scene.endpoint).host}`, 'Upgrade: websocket', 'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13', `access-token: ${source}`, VERSION, 'x-padding: ', '', '',
      ].join('\r\n');
      const padded = (extra: number) => scene.upgradeWith(MODE, [`access-token: ${source}`, VERSION, `x-padding: ${'x'.repeat(4_096 - head.length + extra)}`]);
      expect((await padded(1)).status).toBe(400);
      expect((await padded(0)).status).toBe(101);
    },
  },
  {
    id: 'channel-id', rule: 'The channel-id header identifies the WebSocket session, and comes with refusals too', source: PROTOCOL(3), checkedBy: 'raw socket',
    async check(scene) {
      const { source, destination } = await scene.openTunnel();
      const answers = [await scene.upgrade('source', source), await scene.upgrade('destination', destination), await scene.upgrade('source', source)];
      expect(answers.map(({ status }) => status)).toEqual([101, 101, 400]);
      const ids = answers.map(({ headers }) => headers['channel-id']);
      expect(ids.every((id) => /^[0-9a-f-]{16,}$/.test(id))).toBe(true);
      expect(new Set(ids).size).toBe(3);
    },
  },
  {
    id: 'handshake', rule: 'The answer to a good handshake is that of RFC 6455',
    source: 'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2', checkedBy: 'raw socket',
    async check(scene) {
      const { source } = await scene.openTunnel();
      const { status, headers } = await scene.upgrade('source', source);
      expect(status).toBe(101);
      expect(headers).toMatchObject({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' });
    },
  },
];
