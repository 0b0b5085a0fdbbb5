import type { Action } from '../../service';
import type { Behaviour } from '../behaviour';
import { type Context, seconds } from '../context';
import { TUNNEL_ID } from '../shapes';
import type { ConnectionState } from '../side';
import { parse, required, structure } from '../validation';
import { shownTags } from './tags';

const REQUEST = required(structure({ tunnelId: required(TUNNEL_ID) }));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_DescribeTunnel.html */
export const describeTunnel = ({ tunnels, behaviour, says }: Context): Action => ({ input }) => {
  const tunnel = tunnels.find(parse(REQUEST, input).tunnelId);
  const { tunnelId, tunnelArn, description, destinationConfig, lifetimeMinutes, createdAt } = tunnel.details;
  const lag = says(behaviour.staleDescribeShare) ? behaviour.staleDescribeLagMs : 0;
  const { status, lastUpdatedAt } = tunnel.seen(lag);
  return {
    tunnel: {
      tunnelId,
      tunnelArn,
      status,
      sourceConnectionState: connectionState(tunnel.source.state(lag), behaviour),
      destinationConnectionState: connectionState(tunnel.destination.state(lag), behaviour),
      description,
      destinationConfig,
      timeoutConfig: { maxLifetimeTimeoutMinutes: lifetimeMinutes },
      ...shownTags(tunnel),
      createdAt: seconds(createdAt, behaviour),
      lastUpdatedAt: seconds(lastUpdatedAt, behaviour),
    },
  };
};

function connectionState({ status, lastUpdatedAt }: ConnectionState, behaviour: Behaviour): object {
  return { status, ...(lastUpdatedAt !== undefined && { lastUpdatedAt: seconds(lastUpdatedAt, behaviour) }) };
}
