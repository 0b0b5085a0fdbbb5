import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectSource, UpgradeRefusedError } from '../tunnel-protocol/peer';

/** A token and, if it came out of the secret, its version and the proof that lay beside it. */
export interface HeldToken {
  readonly token: string;
  readonly versionId?: string;
  readonly proof?: string;
}

/** Reads the secret until it holds another version than `before`. Patience ends after 30 s. */
export async function nextToken(secrets: SecretsManagerClient, secretName: string, before: string | undefined): Promise<HeldToken> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    const found = await currentToken(secrets, secretName);
    if (found && found.versionId !== before) return found;
  }
  throw new Error(`no new version of the secret ${secretName} within 30 s`);
}

/** Undefined if the secret was not created yet. */
export async function currentToken(secrets: SecretsManagerClient, SecretId: string): Promise<HeldToken | undefined> {
  try {
    const { SecretString = '', VersionId } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const { token, proof } = JSON.parse(SecretString);
    return { token, proof, versionId: VersionId };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Sends random bytes over a byte stream to the device and compares what comes back. @throws if a single byte is wrong or missing */
export async function verifyEcho(stream: NodeJS.ReadWriteStream, size = 64 * 1024): Promise<string> {
  const sent = randomBytes(size);
  stream.write(sent);
  const received: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    received.push(chunk);
    length += chunk.length;
    if (length >= size) break;
  }
  if (!Buffer.concat(received).equals(sent)) throw new Error(`the device echoed ${length} of ${size} bytes, or not the same ones`);
  return `${size.toLocaleString('en')} bytes went to the device and came back the same`;
}

/** The same through the port that the operator's local proxy listens on. */
export async function verifyPort(port: number): Promise<string> {
  const socket = await openPort(port);
  try {
    return await verifyEcho(socket);
  } finally {
    socket.destroy();
  }
}

/** Resolves with the moment at which the first bytes came back from the device, however often the way there breaks until then. */
export async function bytesAgain(port: number, patience: number): Promise<number> {
  for (const deadline = Date.now() + patience; ; await sleep(5)) {
    try {
      const socket = await openPort(port);
      await verifyEcho(socket, 16).finally(() => socket.destroy());
      return Date.now();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

/** A local proxy listens a moment after it has connected. */
async function openPort(port: number): Promise<Socket> {
  for (const deadline = Date.now() + 5_000; ; await sleep(20)) {
    const socket = connectTcp(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

/** Tries a token that must be dead. @returns AWS's sentence @throws if it is accepted */
export async function expectRefusal(endpoint: string, token: string): Promise<string> {
  try {
    await (await connectSource({ endpoint, token })).close();
  } catch (error) {
    if (error instanceof UpgradeRefusedError) return `HTTP ${error.status} ${error.sentence}`;
    throw error;
  }
  throw new Error('a dead token was accepted');
}

/** A TCP port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
