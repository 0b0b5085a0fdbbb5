import { AwsError, type Action } from '../../service';
import type { Behaviour } from '../behaviour';
import { type Context, seconds } from '../context';
import { THING_NAME } from '../shapes';
import type { Tunnel } from '../tunnel';
import { integer, parse, required, string, structure } from '../validation';

const REQUEST = required(structure({
  thingName: THING_NAME,
  maxResults: integer({ min: 1, max: 100 }),
  nextToken: string({ pattern: /^[a-zA-Z0-9_=-]{1,4096}$/ }),
}));

/** Newest first. https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_ListTunnels.html */
export const listTunnels = ({ tunnels, behaviour }: Context): Action => ({ input }) => {
  const { thingName, maxResults = 100, nextToken } = parse(REQUEST, input);
  const before = nextToken === undefined ? Infinity : decode(nextToken);
  const matching = tunnels.visible()
    .filter((tunnel) => tunnel.details.serial < before && (thingName === undefined || tunnel.details.destinationConfig?.thingName === thingName))
    .reverse();
  const page = matching.slice(0, maxResults);
  const more = matching.length > page.length;
  return { tunnelSummaries: page.map((tunnel) => summary(tunnel, behaviour)), ...(more && { nextToken: encode(page[page.length - 1].details.serial) }) };
};

function summary(tunnel: Tunnel, behaviour: Behaviour): object {
  const { tunnelId, tunnelArn, description, createdAt } = tunnel.details;
  const { status, lastUpdatedAt } = tunnel;
  return { tunnelId, tunnelArn, status, description, createdAt: seconds(createdAt, behaviour), lastUpdatedAt: seconds(lastUpdatedAt, behaviour) };
}

/** A place in the list that stays right while tunnels come and go: the serial number of the last one seen. */
const encode = (serial: number): string => Buffer.from(`tunnels-before:${serial}`).toString('base64url');

function decode(token: string): number {
  const match = /^tunnels-before:(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw new AwsError('ValidationException', 'The nextToken is not one that ListTunnels returned');
  return Number(match[1]);
}
