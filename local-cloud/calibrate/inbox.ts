import { randomUUID } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { connectAsync } from 'mqtt';
import type { Inbox } from './lab';

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface InboxProps {
  /** The account's data endpoint, for example `abc-ats.iot.eu-west-1.amazonaws.com`; with a scheme, another broker. */
  readonly endpoint: string;
  readonly thing: string;
  readonly region: string;
  readonly credentials: () => Promise<Credentials>;
  /** Certificate authority (PEM) of an endpoint that is not AWS's. @default - those that Node.js trusts */
  readonly ca?: string;
}

/** Listens to what the service publishes for a thing, and counts it. Nothing of a message is kept: it holds a token. */
export async function openInbox({ endpoint, thing, region, credentials, ca }: InboxProps): Promise<Inbox> {
  const url = endpoint.includes('://') ? endpoint : await presigned(endpoint, region, await credentials());
  const client = await connectAsync(url, { clientId: `tunnel-local-cloud-${randomUUID()}`, reconnectPeriod: 0, connectTimeout: 30_000, ...(ca && { ca }) });
  const inbox = { count: 0 };
  client.on('message', () => { inbox.count += 1; });
  await client.subscribeAsync(`$aws/things/${thing}/tunnels/notify`, { qos: 1 });
  return { get count() { return inbox.count; }, close: () => client.endAsync() };
}

/**
 * MQTT over WebSocket, signed as AWS IoT wants it: a session token is added after the signature was made.
 * https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
 */
async function presigned(hostname: string, region: string, { sessionToken, ...credentials }: Credentials): Promise<string> {
  const signer = new SignatureV4({ service: 'iotdevicegateway', region, credentials, sha256: Sha256 });
  const request = { method: 'GET', protocol: 'wss:', hostname, path: '/mqtt', headers: { host: hostname } };
  const { query = {} } = await signer.presign(request, { expiresIn: 300 });
  const parameters = Object.entries({ ...query, ...(sessionToken && { 'X-Amz-Security-Token': sessionToken }) });
  return `wss://${hostname}/mqtt?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}
