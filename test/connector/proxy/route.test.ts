import { once } from 'node:events';
import { createServer } from 'node:http';
import * as net from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parseMappings, strayService } from '../../../connector/proxy/mapping';
import { dataPlane, routeTo } from '../../../connector/proxy/route';
import { trust } from '../../../connector/proxy/trust';
import { makeCertificates, type Certificates } from '../../../local-cloud/tls/certificates';
import { connectSource } from '../../../tunnel-protocol/peer';

describe('where a service is offered', () => {
  test.each([
    [['SSH=5555'], [{ service: 'SSH', port: 5555 }]],
    [['SSH=5555,HTTP=127.0.0.1:8080'], [{ service: 'SSH', port: 5555 }, { service: 'HTTP', host: '127.0.0.1', port: 8080 }]],
    [['SSH=5555', 'RDP=[::1]:0'], [{ service: 'SSH', port: 5555 }, { service: 'RDP', host: '::1', port: 0 }]],
    [['5555'], [{ service: '', port: 5555 }]],
  ])('%j is read', (texts, mappings) => {
    expect(parseMappings(texts)).toEqual(mappings);
  });

  test.each([
    ['SSH', 'not "SSH"'], ['=5555', 'not "=5555"'], ['SSH=70000', 'not "SSH=70000"'], ['SSH=a:b:1', 'not'], ['A=1,A=2', 'A twice'], ['A=1,2', 'needs a service'], ['1,2', 'one port'],
  ])('%s is refused', (text, message) => {
    expect(() => parseMappings([text])).toThrow(message);
  });

  test.each([
    [['SSH'], ['SSH', 'RDP'], undefined], [[''], ['SSH'], undefined], [[''], [], undefined],
    [['SHH'], ['SSH'], 'There is no service SHH. The tunnel has SSH.'], [[''], ['SSH', 'RDP'], 'Which service? The tunnel has SSH, RDP.'],
    [['SSH'], [], 'There is no service SSH. The tunnel was opened without services: give the port alone, for example -s 5555.'],
  ])('GIVEN %j are wanted of %j THEN %s', (wanted, services, complaint) => {
    expect(strayService(wanted, services)).toBe(complaint);
  });
});

describe('where the data plane is', () => {
  test.each([
    [undefined, 'eu-west-1', {}, 'https://data.tunneling.iot.eu-west-1.amazonaws.com'],
    [undefined, 'cn-north-1', {}, 'https://data.tunneling.iot.cn-north-1.amazonaws.com.cn'],
    [undefined, 'eu-west-1', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, 'http://127.0.0.1:4566'],
    [undefined, 'eu-west-1', { AWSIOT_TUNNEL_ENDPOINT: 'vpce.example:443', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, 'https://vpce.example'],
    ['vpce.example', 'eu-west-1', { AWSIOT_TUNNEL_ENDPOINT: 'other.example' }, 'https://vpce.example'],
    ['127.0.0.1:4567', 'eu-west-1', {}, 'https://127.0.0.1:4567'],
  ])('GIVEN %j in %s and %j THEN it is %s', (asked, region, env, endpoint) => {
    expect(dataPlane(asked, region, env)).toBe(endpoint);
  });

  test.each(['http://data.example', 'ftp://x', 'http://', 'a b'])('%s is refused', (asked) => {
    expect(() => dataPlane(asked, 'eu-west-1', {})).toThrow(/endpoint/);
  });
});

describe('GIVEN an endpoint that speaks TLS', () => {
  let certificates: Certificates;
  let port: number;
  const asked: string[] = [];
  const endings: (() => void)[] = [];
  beforeAll(async () => {
    certificates = await makeCertificates('127.0.0.1');
    const { cert, key } = certificates;
    const server = createTlsServer({ cert, key, SNICallback: (name, done) => { asked.push(name); done(null); } }, (socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno'));
    }).listen(0, '127.0.0.1').on('tlsClientError', () => undefined);
    await once(server, 'listening');
    ({ port } = server.address() as net.AddressInfo);
    endings.push(() => server.close());
  });
  afterAll(async () => {
    for (const end of endings) end();
    await certificates.remove();
  });
  const reason = (props: object) => connectSource({ endpoint: `https://localhost:${port}`, token: 'LOCALCAT-x', patience: 20_000, ...props })
    .then(() => 'connected', (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.message);

  test('THEN it is named to it (SNI), and trusted by a file or a directory of authorities', async () => {
    expect(await reason({ secureContext: trust(certificates.caFile, {}) })).toContain('HTTP 400 no');
    expect(await reason({ secureContext: trust(certificates.caDirectory, {}) })).toContain('HTTP 400 no');
    expect(asked).toContain('localhost');
  });

  test('WHEN nobody vouches for it THEN no token is sent to it, unless it is told to', async () => {
    expect(await reason({ secureContext: trust(undefined, {}) })).toMatch(/UNABLE_TO|SELF_SIGNED/);
    expect(await reason({ secureContext: trust(undefined, {}), verify: false })).toContain('HTTP 400 no');
  });

  test('WHEN there is no certificate at a path THEN that is said', () => {
    expect(() => trust('/nowhere', {})).toThrow('There is no certificate (PEM) at /nowhere');
  });

  describe('behind a web proxy', () => {
    const before = { ...process.env };
    afterEach(() => { process.env = { ...before }; });

    async function webProxy(status: number): Promise<{ readonly url: string; readonly hosts: string[] }> {
      const hosts: string[] = [];
      const proxy = createServer().on('connect', (request, socket: net.Socket) => {
        hosts.push(String(request.url));
        socket.on('error', () => undefined);
        if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
        const upstream = net.connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n')).on('error', () => undefined);
        socket.pipe(upstream).pipe(socket);
      }).listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      endings.push(() => proxy.close());
      return { url: `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`, hosts };
    }

    test('THEN https_proxy is used, and no_proxy heeded', async () => {
      const proxy = await webProxy(200);
      const endpoint = `https://localhost:${port}`;
      process.env = { ...before, https_proxy: proxy.url, no_proxy: '' };
      expect(await reason({ secureContext: trust(certificates.caFile, {}), agent: routeTo(endpoint).agent })).toContain('HTTP 400 no');
      expect(proxy.hosts).toEqual([`localhost:${port}`]);
      process.env.no_proxy = 'localhost';
      expect(routeTo(endpoint).agent).toBeUndefined();
    });

    test('WHEN it refuses THEN that is not taken for the service\'s word', async () => {
      const proxy = await webProxy(403);
      process.env = { ...before, https_proxy: proxy.url, no_proxy: '' };
      const route = routeTo(`https://localhost:${port}`);
      await reason({ secureContext: trust(certificates.caFile, {}), agent: route.agent });
      expect(route.refused()).toBe('The web proxy answers HTTP 403');
    });
  });
});
