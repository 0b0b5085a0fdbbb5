import {
  CloseTunnelCommand, DescribeTunnelCommand, ListTagsForResourceCommand, ListTunnelsCommand, OpenTunnelCommand, type OpenTunnelRequest,
  RotateTunnelAccessTokenCommand, TagResourceCommand, UntagResourceCommand,
} from '@aws-sdk/client-iotsecuretunneling';
import { expect } from 'expect';
import { API, failure, INVALID, NOT_FOUND, type Row, type Scene } from './row';

const send = ({ client }: Scene, command: object): Promise<unknown> => client.send(command as never);
const opened = (scene: Scene, request: OpenTunnelRequest) => failure(send(scene, new OpenTunnelCommand(request)));
const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: '' }));

/** Each input is refused with a ValidationException, each of the others is taken. */
function limits(id: string, rule: string, source: string, refused: OpenTunnelRequest[], taken: OpenTunnelRequest[]): Row {
  return {
    id, rule, source: `${API}${source}.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      for (const request of refused) expect(await opened(scene, request)).toEqual(INVALID);
      for (const request of taken) expect(await opened(scene, request)).toBeUndefined();
    },
  };
}

const services = (...names: string[]): OpenTunnelRequest => ({ destinationConfig: { services: names } });
const thing = (thingName: string): OpenTunnelRequest => ({ destinationConfig: { thingName, services: ['SSH'] } });
const lifetime = (maxLifetimeTimeoutMinutes: number): OpenTunnelRequest => ({ timeoutConfig: { maxLifetimeTimeoutMinutes } });

export const VALIDATION: readonly Row[] = [
  limits('open-description', 'A description has 1 to 2048 characters, none of them a control character', 'OpenTunnel',
    [{ description: '' }, { description: 'x'.repeat(2049) }, { description: 'a\nb' }], [{ description: 'ü'.repeat(2048) }, {}]),
  limits('open-tags', 'OpenTunnel takes 1 to 200 tags', 'OpenTunnel', [{ tags: [] }, { tags: tags(201) }], [{ tags: tags(1) }, { tags: tags(200) }]),
  limits('tag-key', 'A tag key has 1 to 128 letters, spaces, digits or _.:/=+-@', 'Tag',
    ['', 'x'.repeat(129), 'a#b', 'a\tb'].map((key) => ({ tags: [{ key, value: '' }] })),
    ['x', 'ß'.repeat(128), 'a b_.:/=+-@'].map((key) => ({ tags: [{ key, value: '' }] }))),
  limits('tag-value', 'A tag value has 0 to 256 letters, spaces, digits or _.:/=+-@', 'Tag',
    ['x'.repeat(257), 'a*b'].map((value) => ({ tags: [{ key: 'k', value }] })),
    ['', 'x'.repeat(256), 'a b_.:/=+-@'].map((value) => ({ tags: [{ key: 'k', value }] }))),
  limits('tag-required', 'A tag has a key and a value', 'Tag', [{ tags: [{ key: 'k' } as never] }, { tags: [{ value: 'v' } as never] }], []),
  limits('destination-services', 'A destinationConfig names at least one service', 'DestinationConfig',
    [services(), { destinationConfig: { thingName: 'pump-7' } as never }], [services('SSH')]),
  limits('service-name', 'A service name has 1 to 128 letters, digits or :_-', 'DestinationConfig',
    ['', 'x'.repeat(129), 'a b', 'a.b'].map((name) => services(name)), [services('x'.repeat(128)), services('a:b_c-9')]),
  limits('thing-name', 'A thing name has 1 to 128 letters, digits or :_-', 'DestinationConfig',
    [thing(''), thing('x'.repeat(129)), thing('a/b')], [thing('x'.repeat(128)), thing('a:b_c-9')]),
  limits('lifetime', 'A lifetime is 1 to 720 minutes', 'TimeoutConfig', [lifetime(0), lifetime(721), lifetime(-5)], [lifetime(1), lifetime(720)]),
  {
    id: 'tunnel-id', rule: 'A tunnel id has 1 to 128 letters, digits or _-+=:', source: `${API}DescribeTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      for (const tunnelId of ['', 'a b', 'a/b', 'x'.repeat(129)]) {
        expect(await failure(send(scene, new DescribeTunnelCommand({ tunnelId })))).toEqual(INVALID);
        expect(await failure(send(scene, new CloseTunnelCommand({ tunnelId })))).toEqual(INVALID);
        expect(await failure(send(scene, new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' })))).toEqual(INVALID);
      }
    },
  },
  {
    id: 'required-members', rule: 'tunnelId, clientMode, resourceArn, tags and tagKeys are required where they appear',
    source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId, tunnelArn } = await scene.openTunnel();
      const incomplete = [
        new DescribeTunnelCommand({} as never), new CloseTunnelCommand({} as never), new ListTagsForResourceCommand({} as never),
        new RotateTunnelAccessTokenCommand({ tunnelId } as never), new RotateTunnelAccessTokenCommand({ clientMode: 'ALL' } as never),
        new TagResourceCommand({ resourceArn: tunnelArn } as never), new TagResourceCommand({ tags: tags(1) } as never),
        new UntagResourceCommand({ resourceArn: tunnelArn } as never), new UntagResourceCommand({ tagKeys: [] } as never),
      ];
      for (const command of incomplete) expect(await failure(send(scene, command))).toEqual(INVALID);
    },
  },
  {
    id: 'client-mode', rule: 'The client mode is SOURCE, DESTINATION or ALL', source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel();
      for (const clientMode of ['source', 'BOTH', '']) expect(await failure(scene.rotate(tunnelId, clientMode as never))).toEqual(INVALID);
    },
  },
  {
    id: 'rotate-source-config', rule: 'destinationConfig cannot be used with the client mode SOURCE',
    source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId, source } = await scene.openTunnel();
      expect(await failure(scene.rotate(tunnelId, 'SOURCE', { services: ['SSH'] }))).toEqual(INVALID);
      // Nothing was revoked.
      expect((await scene.upgrade('source', source)).status).toBe(101);
    },
  },
  {
    id: 'list-limits', rule: 'ListTunnels takes 1 to 100 results a page, and a nextToken of letters, digits or _=-',
    source: `${API}ListTunnels.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const list = (request: object) => failure(send(scene, new ListTunnelsCommand(request)));
      for (const request of [{ maxResults: 0 }, { maxResults: 101 }, { nextToken: '' }, { nextToken: 'a b' }, { nextToken: 'invented' }, { thingName: '' }]) {
        expect(await list(request)).toEqual(INVALID);
      }
      for (const request of [{}, { maxResults: 1 }, { maxResults: 100 }, { thingName: 'pump-7' }]) expect(await list(request)).toBeUndefined();
    },
  },
  {
    id: 'arn-limits', rule: 'A resource ARN has 1 to 1011 characters', source: `${API}ListTagsForResource.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      for (const resourceArn of ['', 'x'.repeat(1012)]) {
        expect(await failure(send(scene, new ListTagsForResourceCommand({ resourceArn })))).toEqual(INVALID);
      }
    },
  },
  {
    id: 'unknown-tunnel', rule: 'An operation on a tunnel that does not exist is a ResourceNotFoundException',
    source: `${API}DescribeTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const tunnelId = '00000000-0000-4000-a000-000000000000';
      const resourceArn = `arn:aws:iot:eu-west-1:123456789012:tunnel/${tunnelId}`;
      const commands = [
        new DescribeTunnelCommand({ tunnelId }), new CloseTunnelCommand({ tunnelId }),
        new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'ALL' }), new ListTagsForResourceCommand({ resourceArn }),
        new TagResourceCommand({ resourceArn, tags: tags(1) }), new UntagResourceCommand({ resourceArn, tagKeys: ['k'] }),
      ];
      for (const command of commands) expect(await failure(send(scene, command))).toEqual(NOT_FOUND);
    },
  },
  {
    id: 'json-types', rule: 'A value of the wrong JSON type is a SerializationException', checkedBy: 'AWS SDK',
    source: 'https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html',
    async check(scene) {
      const mistyped = [
        { description: 5 }, { tags: {} }, { tags: ['k'] }, { destinationConfig: [] }, lifetime(1.5), { destinationConfig: { services: 'SSH' } },
      ];
      for (const request of mistyped) {
        expect(await opened(scene, request as never)).toEqual({ name: 'SerializationException', status: 400 });
      }
    },
  },
  {
    id: 'null-members', rule: 'A member that is null counts as absent, and unknown members are ignored', checkedBy: 'AWS SDK',
    source: 'https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html',
    async check(scene) {
      expect(await opened(scene, { description: null, tags: null, colour: 'green' } as never)).toBeUndefined();
    },
  },
];
