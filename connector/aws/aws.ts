import { PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { DescribeTunnelCommand, type Tunnel } from '@aws-sdk/client-iotsecuretunneling';
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { parseHeldTag, SECRET_TAGS, TOPICS, sourceSecretName } from '../../lib/runtime-contract';
import { arnsOf, awsCall, isAbsence } from './aws-call';
import { type Built, Clients } from './clients';
import { AwsCallError, type Permission } from '../session/failures';
import type { Identity, Ports } from '../session/ports';
import { parseSecret } from './secret-format';
import { endOf } from './find-tunnel';
import type { Observation } from '../session/vocabulary';

/** AWS as a session needs it. Endpoints and credentials are the SDK's business: `AWS_ENDPOINT_URL` and the standard chain. */
export interface Aws extends Pick<Ports, 'tunnels' | 'secrets' | 'signals'> {
  /** Who we are; undefined if nobody can tell. */
  identity(abort: AbortSignal): Promise<Identity | undefined>;
  /** Closes idle connections. */
  close(): void;
}

export interface AwsSettings {
  readonly region: string;
  readonly secretPrefix: string;
  readonly topicPrefix: string;
  /** This machine's clock. */
  readonly now: () => number;
}

export function connectAws({ region, secretPrefix, topicPrefix, now }: AwsSettings): Aws {
  const clients = new Clients(region, now);
  const arns = arnsOf(region);
  /** Things of the tunnels that were looked at. */
  const things = new Map<string, string>();

  /** Credentials that AWS does not accept are not tried twice: somebody may have logged in meanwhile. */
  async function call<T>(permission: Permission, run: (clients: Built) => Promise<T>): Promise<T> {
    try {
      return await awsCall(permission, () => run(clients.current));
    } catch (error) {
      if (error instanceof AwsCallError && error.kind === 'credentials') clients.renew();
      throw error;
    }
  }

  async function publish(tunnelId: string, about: string, message: object, abortSignal: AbortSignal): Promise<void> {
    // A grant for some things allows the topics with the thing's level alone, any other grant these as well.
    const thing = things.get(tunnelId);
    const topic = [topicPrefix, ...(thing === undefined ? [] : [thing]), encodeURIComponent(tunnelId), about].join('/');
    const command = new PublishCommand({ topic, qos: 1, payload: Buffer.from(JSON.stringify({ clientMode: 'SOURCE', ...message })) });
    await call({ action: 'iot:Publish', resource: arns.topic(topic) }, ({ iot }) => iot.send(command, { abortSignal }));
  }

  return {
    tunnels: {
      describe: (tunnelId, abortSignal) => unlessAbsent<Observation>({ kind: 'unknown' }, async () => {
        const permission = { action: 'iot:DescribeTunnel', resource: arns.tunnel(tunnelId) };
        const { tunnel } = await call(permission, ({ tunneling }) => tunneling.send(new DescribeTunnelCommand({ tunnelId }), { abortSignal }));
        const thing = tunnel?.destinationConfig?.thingName;
        if (thing !== undefined) things.set(tunnelId, thing);
        return tunnel ? observe(tunnel, now(), clients.serviceClock.ahead) : { kind: 'unknown' };
      }),
    },
    secrets: {
      current: (tunnelId, abortSignal) => unlessAbsent(undefined, async () => {
        const name = sourceSecretName(secretPrefix, tunnelId);
        const permission = { action: 'secretsmanager:GetSecretValue', resource: arns.secret(name) };
        const { SecretString } = await call(permission,
          ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: name }), { abortSignal }));
        return parseSecret(name, SecretString);
      }),
      hold: (tunnelId, abortSignal) => unlessAbsent(undefined, async () => {
        const name = sourceSecretName(secretPrefix, tunnelId);
        const permission = { action: 'secretsmanager:DescribeSecret', resource: arns.secret(name) };
        const { Tags = [] } = await call(permission, ({ secrets }) => secrets.send(new DescribeSecretCommand({ SecretId: name }), { abortSignal }));
        return parseHeldTag(Tags.find(({ Key }) => Key === SECRET_TAGS.held)?.Value);
      }),
    },
    signals: {
      disconnected: (tunnelId, proof, abort) => publish(tunnelId, TOPICS.disconnected, { proof: proof?.reveal() }, abort),
      tokenRequest: (tunnelId, abort) => publish(tunnelId, TOPICS.tokenRequest, {}, abort),
    },
    async identity(abortSignal) {
      try {
        const { Account, Arn } = await clients.current.sts.send(new GetCallerIdentityCommand({}), { abortSignal });
        return Account && Arn ? { account: Account, arn: Arn } : undefined;
      } catch {
        return undefined;
      }
    },
    close() {
      clients.close();
    },
  };
}

/** The region that the SDK's own chain finds: environment, then the profile. */
export async function defaultRegion(): Promise<string | undefined> {
  const client = new STSClient({});
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

const EXPIRY_TOLERANCE = 60_000;

/** DescribeTunnel's answer in our words, by our clock but for the sides. A tunnel that expired is CLOSED too; only the times tell. */
export function observe(tunnel: Tunnel, now: number, ahead: number): Observation {
  const { status, createdAt, lastUpdatedAt, timeoutConfig, destinationConfig, sourceConnectionState: side } = tunnel;
  const expiresAt = endOf({ createdAt, timeoutConfig }) - ahead;
  if (status !== 'OPEN') {
    const endedAt = (lastUpdatedAt?.getTime() ?? 0) - ahead;
    return { kind: Math.max(endedAt, now) >= expiresAt - EXPIRY_TOLERANCE ? 'expired' : 'closed' };
  }
  return {
    kind: 'open',
    expiresAt,
    destination: tunnel.destinationConnectionState?.status === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED',
    services: destinationConfig?.services ?? [],
    source: { status: side?.status === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED', lastUpdatedAt: side?.lastUpdatedAt?.getTime() },
  };
}

async function unlessAbsent<T>(absent: T, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isAbsence(error)) return absent;
    throw error;
  }
}
