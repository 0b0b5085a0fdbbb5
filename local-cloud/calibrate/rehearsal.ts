import { setTimeout as sleep } from 'node:timers/promises';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startLocalCloud, type LocalCloud } from '../cloud';
import { until } from '../conformance/waiting';
import { ManualClock } from '../manual-clock';
import type { LocalCloudOptions } from '../options';
import { awsLab, type AwsLab } from './aws-lab';
import { eventHistory } from './history';
import type { Connected } from './lab';
import { Lease } from './lease';
import { limitedBy } from './limited';

/** A local cloud whose time passes only while somebody waits: twenty minutes take no time, however busy the machine is. */
export interface Rehearsal {
  readonly cloud: LocalCloud;
  readonly lab: AwsLab;
  close(): Promise<void>;
}

export interface RehearsalProps extends Pick<LocalCloudOptions, 'tunneling' | 'seed'> {
  /** @default 10 */
  readonly mostTunnels?: number;
  /** Thing that tokens are published to. @default 'calibrated-thing' */
  readonly thing?: string;
  /** Role that may rotate, and is limited further. @default 'calibrated-role' */
  readonly role?: string;
  /** All that whoever measures may do. @default everything */
  readonly policy?: object;
}

/** For what the local cloud hears of by itself. Generous: only what is broken takes so long. Milliseconds, real ones. */
const PATIENCE = 60_000;
/** Virtual milliseconds that pass at a time while the service holds a client back. */
const TICK = 50;
const ANYBODY = { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } } };

export async function rehearse(props: RehearsalProps = {}): Promise<Rehearsal> {
  const { mostTunnels = 10, thing = 'calibrated-thing', role = 'calibrated-role', policy, ...options } = props;
  const clock = new ManualClock();
  const cloud = await startLocalCloud({ clock, ...options });
  const settings = {
    endpoint: cloud.endpoint, region: cloud.env.AWS_REGION, maxAttempts: 1,
    credentials: policy ? await measurer(cloud, policy) : userOf(cloud),
    // Signatures are as old as the clock says.
    get systemClockOffset() { return clock.now() - Date.now(); },
  };
  const [client, sts] = [new IoTSecureTunnelingClient(settings), new STSClient(settings)];
  const { arn } = cloud.roles.create({
    name: role, trustPolicy: ANYBODY,
    policies: [{ Statement: { Effect: 'Allow', Action: 'iot:RotateTunnelAccessToken', Resource: '*' } }],
  });
  const { admin } = cloud.tunneling;
  const interrupted = new AbortController().signal;
  const labClock = {
    now: () => clock.now(),
    async wait(milliseconds: number) {
      await cloud.idle(); // publishing over MQTT goes on by itself
      clock.advance(milliseconds);
    },
  };
  const lab = awsLab({
    client, endpoint: cloud.endpoint, lease: new Lease(mostTunnels), interrupted,
    limitedBy: limitedBy({ sts, settings, roleArn: arn, clock: labClock, interrupted }),
    thing: { name: thing, listen: async () => listen(cloud, thing) },
    silence: async ({ tunnelId, side }) => admin.cutSilently(tunnelId, side),
    clock: labClock,
    history: (...args) => eventHistory({ ...settings })(...args),
  });
  const sideOf = ({ tunnelId, side }: Connected) => admin.tunnel(tunnelId)[side];
  return {
    cloud,
    lab: {
      ...lab,
      // A network without latency: what a client does is done when the call returns, and no time passes meanwhile.
      async connect(...args) {
        const connection = await lab.connect(...args);
        /** Lets time pass while the service reads nothing of this client. */
        const serve = () => { if (sideOf(connection).connection?.throttled) clock.advance(TICK); };
        const noticed = () => until(() => {
          serve();
          return !sideOf(connection).connection;
        }, `the ${connection.side} is gone`, PATIENCE);
        return {
          ...connection,
          reset: () => connection.reset().then(noticed),
          leave: () => connection.leave().then(noticed),
          async alive() {
            let answered = false;
            const answer = connection.alive().finally(() => { answered = true; });
            while (!answered) {
              serve();
              await sleep(1);
            }
            return answer;
          },
        };
      },
    },
    async close() {
      client.destroy();
      sts.destroy();
      await cloud.close();
    },
  };
}

const userOf = ({ env }: LocalCloud) => ({ accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY });

/** Credentials of somebody who may do no more than this. */
async function measurer(cloud: LocalCloud, policy: object) {
  const { arn } = cloud.roles.create({ name: 'measurer', trustPolicy: ANYBODY, policies: [policy] });
  const sts = new STSClient({ endpoint: cloud.endpoint, region: cloud.env.AWS_REGION, credentials: userOf(cloud) });
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'measurer' }));
  sts.destroy();
  return { accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken };
}

function listen({ broker }: LocalCloud, thing: string) {
  const inbox = { count: 0 };
  const end = broker.subscribe(`$aws/things/${thing}/tunnels/notify`, () => { inbox.count += 1; });
  return { get count() { return inbox.count; }, close: async () => end() };
}
