import { type Action, AwsError } from '../../service';
import type { Context } from '../context';
import { notifyDestination } from '../notify';
import { DESTINATION_CONFIG, TUNNEL_ID } from '../shapes';
import type { Tunnel } from '../tunnel';
import { oneOf, parse, required, structure } from '../validation';
import { type DestinationConfig, SIDES, type SideName } from '../vocabulary';

const REQUEST = required(structure({
  tunnelId: required(TUNNEL_ID),
  clientMode: required(oneOf('SOURCE', 'DESTINATION', 'ALL')),
  destinationConfig: DESTINATION_CONFIG,
}));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_RotateTunnelAccessToken.html */
export const rotateTunnelAccessToken = (context: Context): Action => ({ input }) => {
  const { tunnelId, clientMode, destinationConfig } = parse(REQUEST, input);
  if (clientMode === 'SOURCE' && destinationConfig) {
    throw new AwsError('ValidationException', 'The destinationConfig cannot be used with the client mode SOURCE');
  }
  const tunnel = context.tunnels.find(tunnelId);
  if (tunnel.status === 'CLOSED') throw new AwsError(context.behaviour.rotateClosedTunnelError, `Tunnel ${tunnelId} is closed`);
  const sides = SIDES.filter((side) => clientMode === 'ALL' || clientMode === side.toUpperCase());
  const { rotateBeforeFirstConnect } = context.behaviour;
  const refused = (side: SideName) => rotateBeforeFirstConnect === 'refused' || rotateBeforeFirstConnect === `${side}-refused`;
  if (sides.some((side) => refused(side) && !tunnel[side].everConnected)) {
    throw new AwsError('ValidationException', 'The access token of a client that never connected cannot be rotated');
  }

  const fresh: Partial<Record<SideName, string>> = {};
  for (const side of sides) fresh[side] = rotate(context, tunnel, side);
  if (fresh.destination) notify(context, tunnel, destinationConfig, fresh.destination);
  return {
    tunnelArn: tunnel.details.tunnelArn,
    ...(fresh.source && { sourceAccessToken: fresh.source }),
    ...(fresh.destination && { destinationAccessToken: fresh.destination }),
  };
};

function rotate({ tunnels, records, behaviour }: Context, tunnel: Tunnel, side: SideName): string {
  const text = tunnels.newToken(tunnel, side);
  records.rotated(tunnel.id, side, behaviour.rotateKicksConnected && tunnel[side].live !== undefined);
  if (behaviour.rotateKicksConnected) tunnel.kick(side);
  if (behaviour.rotateMovesLastUpdatedAt) tunnel[side].touch();
  return text;
}

function notify(context: Context, tunnel: Tunnel, given: DestinationConfig | undefined, token: string): void {
  const config = given ?? (context.behaviour.rotateWithoutConfigPublishes ? tunnel.details.destinationConfig : undefined);
  if (config?.thingName) notifyDestination(context, config.thingName, config.services, token);
}
