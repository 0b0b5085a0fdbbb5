import { type Action, AwsError } from '../../service';
import type { Context } from '../context';
import { TAG_KEY, TAGS, TUNNEL_ARN } from '../shapes';
import type { Tunnel } from '../tunnel';
import { list, parse, required, structure } from '../validation';
import type { Tag } from '../vocabulary';

const MAX_TAGS = 200;

const TAG_REQUEST = required(structure({ resourceArn: required(TUNNEL_ARN), tags: required(TAGS) }));
const UNTAG_REQUEST = required(structure({
  resourceArn: required(TUNNEL_ARN),
  tagKeys: required(list(required(TAG_KEY), { min: 0, max: MAX_TAGS })),
}));
const LIST_REQUEST = required(structure({ resourceArn: required(TUNNEL_ARN) }));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_TagResource.html */
export const tagResource = ({ tunnels }: Context): Action => ({ input }) => {
  const { resourceArn, tags } = parse(TAG_REQUEST, input);
  requireDistinctKeys(tags);
  const tunnel = tunnels.findByArn(resourceArn);
  const merged = new Map([...tunnel.tags, ...tags.map(({ key, value }) => [key, value] as const)]);
  if (merged.size > MAX_TAGS) throw new AwsError('ValidationException', `A tunnel cannot have more than ${MAX_TAGS} tags`);
  for (const [key, value] of merged) tunnel.tags.set(key, value);
  return {};
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_UntagResource.html */
export const untagResource = ({ tunnels }: Context): Action => ({ input }) => {
  const { resourceArn, tagKeys } = parse(UNTAG_REQUEST, input);
  const tunnel = tunnels.findByArn(resourceArn);
  for (const key of tagKeys) tunnel.tags.delete(key);
  return {};
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_ListTagsForResource.html */
export const listTagsForResource = ({ tunnels }: Context): Action => ({ input }) => (
  shownTags(tunnels.findByArn(parse(LIST_REQUEST, input).resourceArn))
);

/** A list of tags has at least one; of a tunnel without any, nothing is said. */
export function shownTags(tunnel: Tunnel): { tags?: Tag[] } {
  return tunnel.tags.size > 0 ? { tags: [...tunnel.tags].map(([key, value]) => ({ key, value })) } : {};
}

export function requireDistinctKeys(tags: readonly Tag[]): void {
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw new AwsError('ValidationException', 'A tag key is given twice');
}
