import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock';
import { HOME, type Place } from '../place';
import type { Service } from '../service';
import { closeTunnel } from './actions/close-tunnel';
import { describeTunnel } from './actions/describe-tunnel';
import { listTunnels } from './actions/list-tunnels';
import { openTunnel } from './actions/open-tunnel';
import { rotateTunnelAccessToken } from './actions/rotate-tunnel-access-token';
import { listTagsForResource, tagResource, untagResource } from './actions/tags';
import { TunnelingAdmin } from './admin';
import { tokensIn } from './admission';
import { type Behaviour, LIKELY_BEHAVIOUR } from './behaviour';
import type { Context } from './context';
import { DataPlane } from './data-plane';
import { needs } from './permissions';
import { underQuota } from './quotas';
import { Records } from './records';
import type { Random } from './tokens';
import type { OnChange } from './tunnel';
import { Tunnels, type TunnelsState } from './tunnels';

export interface TunnelingProps {
  readonly clock: Clock;
  /** @default account 123456789012 in eu-west-1 */
  readonly place?: Place;
  /** Publishes the destination's token over MQTT. @default - nobody is told */
  readonly publish?: (topic: string, payload: string) => void;
  /** Where it differs from what AWS most likely does. @default - nowhere */
  readonly behaviour?: Partial<Behaviour>;
  /** The switches themselves, where several regions share them. @default - its own, likely ones with `behaviour` */
  readonly switches?: Behaviour;
  /** @default crypto.randomBytes */
  readonly random?: Random;
  /** True with this chance. @default by Math.random */
  readonly says?: (chance: number) => boolean;
}

/** AWS IoT Secure Tunneling: control API, data plane, and a back door for tests. */
export interface Tunneling {
  readonly service: Service;
  /** Live switches: what is changed here holds from the next event on. */
  readonly behaviour: Behaviour;
  readonly admin: TunnelingAdmin;
  /** Does this upgrade request bring a token of a tunnel that is here? */
  knowsTokenOf(request: IncomingMessage): boolean;
  /** For the `upgrade` event of the HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What outlives a restart: tunnels and the fingerprints of their tokens, but neither connections nor counts. */
  state(): TunnelsState;
  /** Puts back what `state` returned. */
  restore(state: TunnelsState): void;
  /** Called when the state changed without an API call: a connection came, with its token, or went. */
  onChange(handler: OnChange): void;
  /** Ends every connection, as if the machine went down: the tunnels themselves stay as they are. */
  close(): Promise<void>;
}

export function createTunneling(props: TunnelingProps): Tunneling {
  const { clock, place = HOME, publish = () => undefined, random = randomBytes } = props;
  const { says = (chance) => Math.random() < chance } = props;
  const behaviour: Behaviour = props.switches ?? { ...LIKELY_BEHAVIOUR, ...props.behaviour };
  const tunnels = new Tunnels(place, clock, behaviour, random);
  const records = new Records();
  const dataPlane = new DataPlane(tunnels, records, clock, random, behaviour);
  const context: Context = { tunnels, records, behaviour, clock, region: place.region, says, publish };
  return {
    service: {
      name: 'iotsecuretunneling',
      target: 'IoTSecuredTunneling',
      contentType: 'application/x-amz-json-1.1',
      actions: underQuota(behaviour, clock, {
        OpenTunnel: openTunnel(context),
        DescribeTunnel: describeTunnel(context),
        ListTunnels: listTunnels(context),
        RotateTunnelAccessToken: rotateTunnelAccessToken(context),
        CloseTunnel: closeTunnel(context),
        TagResource: tagResource(context),
        UntagResource: untagResource(context),
        ListTagsForResource: listTagsForResource(context),
      }),
      needs: needs(tunnels, behaviour),
    },
    behaviour,
    admin: new TunnelingAdmin(tunnels, records, behaviour, clock),
    knowsTokenOf: (request) => tokensIn(request).some((token) => tunnels.tokens.find(token) !== undefined),
    handleUpgrade: (request, socket, head) => dataPlane.handleUpgrade(request, socket, head),
    state: () => tunnels.saved(),
    restore: (state) => tunnels.restore(state),
    onChange: (handler) => tunnels.onChange(handler),
    close: () => dataPlane.close(),
  };
}
