import type { Action } from '../../service';
import type { Context } from '../context';
import { notifyDestination } from '../notify';
import { DESTINATION_CONFIG, TAGS } from '../shapes';
import { integer, parse, required, string, structure } from '../validation';
import { requireDistinctKeys } from './tags';

const REQUEST = required(structure({
  description: string({ pattern: /^[^\p{C}]{1,2048}$/u }),
  tags: TAGS,
  destinationConfig: DESTINATION_CONFIG,
  timeoutConfig: structure({ maxLifetimeTimeoutMinutes: integer({ min: 1, max: 720 }) }),
}));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_OpenTunnel.html */
export const openTunnel = (context: Context): Action => ({ input }) => {
  const { description, tags = [], destinationConfig, timeoutConfig } = parse(REQUEST, input);
  requireDistinctKeys(tags);
  const lifetimeMinutes = timeoutConfig?.maxLifetimeTimeoutMinutes ?? 720;
  const { tunnel, source, destination } = context.tunnels.open({ description, tags, destinationConfig, lifetimeMinutes });
  if (destinationConfig?.thingName) notifyDestination(context, destinationConfig.thingName, destinationConfig.services, destination);
  return { tunnelId: tunnel.id, tunnelArn: tunnel.details.tunnelArn, sourceAccessToken: source, destinationAccessToken: destination };
};
