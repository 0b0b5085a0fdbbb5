import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SECRET_TAGS, sourceSecretName, TOPICS } from '../../lib/runtime-contract';
import { endingOf } from '../aws/access';
import { type Aws, connectAws, defaultRegion } from '../aws/aws';
import { arnsOf, awsCall, isAbsence } from '../aws/aws-call';
import { Clients, keysAreFixed } from '../aws/clients';
import { choose, openTunnels } from '../aws/find-tunnel';
import { ENDINGS } from '../session/endings';
import type { Identity } from '../session/ports';
import type { Observation } from '../session/vocabulary';
import { type Finding, found, nothingToTry, trouble } from './findings';
import type { LocalChecks } from './local-checks';

export interface DoctorProps {
  readonly tunnelId?: string;
  readonly thing?: string;
  readonly prefix?: string;
  readonly topicPrefix?: string;
  readonly region?: string;
  /** What the proxy is to offer, by name. */
  readonly services: readonly string[];
  readonly local: LocalChecks;
  readonly now: () => number;
}

/** Where no tunnel is known, permissions are tried on one that does not exist. */
const NO_TUNNEL = 'tunnel-source-doctor';
const NEVER = new AbortController().signal;

/**
 * Tries everything that a session needs, one after the other, without harm: it reads, it looks, and the one signal that it sends is a
 * mere hint, after which the rotator looks for itself. It never asks for a token where that could revoke one that nobody has used yet.
 */
export class Doctor {
  private identity: Identity | undefined;

  constructor(private readonly props: DoctorProps) {}

  async *examine(): AsyncGenerator<Finding> {
    const { local, prefix, topicPrefix = TOPICS.defaultPrefix } = this.props;
    const region = this.props.region ?? await defaultRegion();
    yield region ? found('region', region) : trouble('region', 'There is none.', 'Use --region, or set AWS_REGION.');
    yield prefix ? found('prefix', prefix)
      : trouble('prefix', 'There is none.', 'Use --prefix or TUNNEL_SECRET_PREFIX; it is the rotator\'s output SecretPrefix.');
    yield* local.ports();
    if (!region) return;
    yield* local.endpoint(region);
    const clients = new Clients(region, Date.now);
    const aws = connectAws({ region, secretPrefix: prefix ?? '', topicPrefix, now: Date.now });
    try {
      const identity = await this.check('identity', async () => {
        const { Account = '', Arn = '' } = await awsCall({ action: 'sts:GetCallerIdentity', resource: '*' },
          () => clients.current.sts.send(new GetCallerIdentityCommand({})));
        this.identity = { account: Account, arn: Arn };
        return found('identity', `${Arn}${keysAreFixed() ? ', with keys from this environment' : ''}`);
      });
      yield identity;
      // Without credentials everything else would fail in the same way.
      if (identity.ok === false && !this.identity) return;
      yield* this.examineTunnel(region, clients, aws);
    } finally {
      aws.close();
      clients.close();
    }
  }

  private async *examineTunnel(region: string, clients: Clients, aws: Aws): AsyncGenerator<Finding> {
    const { thing, prefix, services, now } = this.props;
    let { tunnelId } = this.props;
    if (tunnelId === undefined) {
      yield await this.check('iot:ListTunnels', async () => {
        const open = await openTunnels(clients, region, thing);
        tunnelId = thing === undefined ? undefined : choose(open, { services, left: 0 }, now())?.tunnelId;
        return found('iot:ListTunnels', `${open.length} open ${open.length === 1 ? 'tunnel' : 'tunnels'}${thing ? ` to ${thing}` : ''}`);
      });
      if (thing !== undefined && tunnelId === undefined) {
        const wanted = services.length > 0 ? ` with ${services.join(', ')}` : '';
        yield trouble('tunnel', `There is no open tunnel to ${thing}${wanted}.`, 'Use --open-tunnel to open one.');
      }
    }
    let observation: Observation | undefined;
    yield await this.check('iot:DescribeTunnel', async () => {
      observation = await aws.tunnels.describe(tunnelId ?? NO_TUNNEL, NEVER);
      return found('iot:DescribeTunnel', 'allowed');
    });
    if (tunnelId !== undefined && observation) yield* tunnelFindings(tunnelId, observation, services);
    if (prefix) yield* this.examineSignals(region, clients, aws, tunnelId, observation, prefix);
  }

  private async *examineSignals(
    region: string, clients: Clients, aws: Aws, tunnelId: string | undefined, observation: Observation | undefined, prefix: string,
  ): AsyncGenerator<Finding> {
    let hasToken = false;
    const reading = await this.check('secretsmanager:GetSecretValue', async () => {
      const SecretId = sourceSecretName(prefix, tunnelId ?? NO_TUNNEL);
      const permission = { action: 'secretsmanager:GetSecretValue', resource: arnsOf(region).secret(SecretId) };
      try {
        await awsCall(permission, () => clients.current.secrets.send(new GetSecretValueCommand({ SecretId })));
        hasToken = true;
        return found('secretsmanager:GetSecretValue', `there is a token in ${SecretId}`);
      } catch (error) {
        if (!isAbsence(error)) throw error;
        return found('secretsmanager:GetSecretValue', tunnelId === undefined ? 'allowed' : `there is no secret ${SecretId} yet; a session asks for a token`);
      }
    });
    // A right that hangs on the secret's tags is no right to a secret that is not there yet.
    const denied = reading.told === ENDINGS['access-denied'][1];
    yield denied ? { ...reading, ok: undefined, told: 'denied, which AWS also says of a secret that is not there yet' } : reading;
    if (hasToken) {
      yield await this.check('secretsmanager:DescribeSecret', async () => {
        const hold = await aws.secrets.hold(tunnelId!, NEVER);
        const current = hold?.until !== undefined && hold.until > this.props.now();
        return current ? trouble(SECRET_TAGS.held, `The rotator holds back: ${hold.reason}.`, `It looks again at ${new Date(hold.until!).toISOString()}.`)
          : found('secretsmanager:DescribeSecret', 'allowed');
      });
    }
    if (tunnelId === undefined || observation?.kind !== 'open') {
      yield nothingToTry('iot:Publish', 'not tried: there is no open tunnel to send a hint about');
      return;
    }
    yield await this.check('iot:Publish disconnected', async () => {
      await aws.signals.disconnected(tunnelId, undefined, NEVER);
      return found('iot:Publish disconnected', 'allowed');
    });
    // It never reaches a side that is connected; of any other, it may revoke a token that somebody is about to use.
    if (observation.source.status !== 'CONNECTED') {
      yield nothingToTry('iot:Publish token-request', 'not tried: it could revoke a token that nobody has used yet');
      return;
    }
    yield await this.check('iot:Publish token-request', async () => {
      await aws.signals.tokenRequest(tunnelId, NEVER);
      return found('iot:Publish token-request', 'allowed');
    });
  }

  private async check(what: string, run: () => Promise<Finding>): Promise<Finding> {
    try {
      return await run();
    } catch (error) {
      const known = endingOf(error, this.identity);
      if (!known) throw error;
      return trouble(what, known.sentence, ...known.details);
    }
  }
}

function* tunnelFindings(tunnelId: string, observation: Observation, services: readonly string[]): Generator<Finding> {
  if (observation.kind !== 'open') {
    const told = { closed: 'was closed', expired: 'reached the end of its lifetime', unknown: 'is not in this account and region' }[observation.kind];
    const mend = observation.kind === 'unknown' ? 'Check --tunnel-id and --region; `tunnel-source list` shows the open ones.' : 'Open a new one.';
    yield trouble('tunnel', `${tunnelId} ${told}.`, mend);
    return;
  }
  yield found('tunnel', `${tunnelId} is open`);
  const stray = services.find((service) => observation.services.length > 0 && !observation.services.includes(service));
  if (stray !== undefined) yield trouble('services', `The tunnel has no ${stray}.`, `It was opened for ${observation.services.join(', ')}: use one of these.`);
  else if (services.length > 0) yield found('services', services.join(', '));
  yield observation.destination === 'CONNECTED' ? found('device', 'connected to the tunnel')
    : trouble('device', 'The device is not connected to the tunnel.',
      'Is it on, and does its agent listen on $aws/things/<thing>/tunnels/notify? If it missed its token, rotate that of the destination.');
  yield observation.source.status === 'CONNECTED' ? nothingToTry('source', 'somebody is connected; a session needs --take-over to send them away')
    : found('source', 'free');
}
