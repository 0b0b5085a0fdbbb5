import type { Call, Need } from '../service';
import type { Behaviour } from './behaviour';
import { DESTINATION_CONFIG, TAGS, TUNNEL_ARN, TUNNEL_ID } from './shapes';
import type { Tunnel } from './tunnel';
import type { Tunnels } from './tunnels';
import { list, oneOf, parse, required, string, structure } from './validation';

const INPUT = required(structure({
  tunnelId: TUNNEL_ID,
  resourceArn: TUNNEL_ARN,
  clientMode: oneOf('SOURCE', 'DESTINATION', 'ALL'),
  destinationConfig: DESTINATION_CONFIG,
  tags: TAGS,
  tagKeys: list(required(string()), { min: 0 }),
}));

/**
 * What a caller's role must allow.
 * https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling-access-control.html and
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
 *
 * @throws AwsError if the input is too broken to tell
 */
export const needs = (tunnels: Tunnels, behaviour: Pick<Behaviour, 'clientModeSpelling'>) => ({ action, input }: Call): readonly Need[] => {
  const { tunnelId = '*', resourceArn = '*', clientMode, destinationConfig, tags, tagKeys } = parse(INPUT, input);
  const permission = `iot:${action}`;
  const tunnel = (context: Need['context']): Need => ({ action: permission, resource: tunnels.arn(tunnelId), context });
  const tunnelAndThing = (context: Need['context']): Need[] => {
    const { thingName, services = [] } = destinationConfig ?? {};
    const need = tunnel({ ...context, 'iot:TunnelDestinationService': services });
    return thingName ? [need, { ...need, resource: tunnels.thingArn(thingName) }] : [need];
  };
  switch (action) {
    case 'OpenTunnel':
      // Tags at birth are tags all the same.
      return [
        ...tunnelAndThing(requestTags(tags)),
        ...(tags?.length ? [{ action: 'iot:TagResource', resource: tunnels.arn('*'), context: requestTags(tags) }] : []),
      ];
    case 'RotateTunnelAccessToken':
      return tunnelAndThing({ 'iot:ClientMode': (behaviour.clientModeSpelling === 'lower' ? clientMode?.toLowerCase() : clientMode) ?? [] });
    case 'DescribeTunnel':
      return [tunnel(resourceTags(tunnels.peek(tunnelId)))];
    case 'CloseTunnel':
      return [tunnel({ ...resourceTags(tunnels.peek(tunnelId)), 'iot:Delete': String(input.delete === true) })];
    // The authorization reference knows no resource for ListTunnels, whatever else is written elsewhere.
    case 'ListTunnels':
      return [{ action: permission, resource: '*' }];
    default:
      return [{ action: permission, resource: resourceArn, context: { ...requestTags(tags), ...(tagKeys && { 'aws:TagKeys': tagKeys }) } }];
  }
};

function requestTags(tags: readonly { key: string; value: string }[] | undefined): Record<string, string | string[]> {
  if (!tags) return {};
  return { 'aws:TagKeys': tags.map(({ key }) => key), ...prefixed('aws:RequestTag/', tags.map(({ key, value }) => [key, value])) };
}

function resourceTags(tunnel: Tunnel | undefined): Record<string, string> {
  return prefixed('aws:ResourceTag/', [...(tunnel?.tags ?? [])]);
}

const prefixed = (prefix: string, entries: [string, string][]): Record<string, string> =>
  Object.fromEntries(entries.map(([key, value]) => [`${prefix}${key}`, value]));
