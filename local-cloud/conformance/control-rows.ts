import {
  CloseTunnelCommand, ListTagsForResourceCommand, ListTunnelsCommand, OpenTunnelCommand, paginateListTunnels, TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-iotsecuretunneling';
import { expect } from 'expect';
import { API, failure, GUIDE, INVALID, type LocalRow, NOT_FOUND, type Row, type Scene } from './row';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function listed({ client }: Scene, request: object = {}): Promise<(string | undefined)[]> {
  const { tunnelSummaries = [] } = await client.send(new ListTunnelsCommand(request));
  return tunnelSummaries.map(({ tunnelId }) => tunnelId);
}

async function tagsOf({ client }: Scene, resourceArn: string): Promise<Record<string, string | undefined>> {
  const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

export const CONTROL: readonly (Row | LocalRow)[] = [
  {
    id: 'open-result', rule: 'OpenTunnel returns an id, an ARN and two different client access tokens',
    source: `${API}OpenTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId, tunnelArn, source, destination } = await scene.openTunnel();
      expect(tunnelId).toMatch(/^[a-zA-Z0-9_\-+=:]{1,128}$/);
      expect(tunnelArn.replace(tunnelId, 'ID')).toMatch(/^arn:aws[\w-]*:iot:[a-z0-9-]+:\d{12}:tunnel\/ID$/);
      expect(source.length > 0 && destination.length > 0 && source !== destination).toBe(true);
    },
  },
  {
    id: 'describe', rule: 'DescribeTunnel shows what the tunnel was opened with, and never a token', source: `${API}DescribeTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const destinationConfig = { services: ['SSH', 'RDP'] };
      const tags = [{ key: 'site', value: 'north' }];
      const { tunnelId, tunnelArn } = await scene.openTunnel({
        description: 'maintenance', destinationConfig, tags, timeoutConfig: { maxLifetimeTimeoutMinutes: 30 },
      });
      const { sourceConnectionState, destinationConnectionState, ...shown } = await scene.describe(tunnelId);
      expect({ sourceConnectionState, destinationConnectionState }).toMatchObject({
        sourceConnectionState: { status: 'DISCONNECTED' }, destinationConnectionState: { status: 'DISCONNECTED' },
      });
      expect(shown).toEqual({
        tunnelId, tunnelArn, status: 'OPEN', description: 'maintenance', destinationConfig, tags, timeoutConfig: { maxLifetimeTimeoutMinutes: 30 },
        createdAt: expect.any(Date), lastUpdatedAt: shown.createdAt,
      });
    },
  },
  {
    id: 'default-lifetime', rule: 'The lifetime is 720 minutes if none is given', source: `${API}TimeoutConfig.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel({});
      expect((await scene.describe(tunnelId)).timeoutConfig).toEqual({ maxLifetimeTimeoutMinutes: 720 });
    },
  },
  {
    id: 'open-limit', rule: 'OpenTunnel answers LimitExceededException when a tunnel limit is exceeded', source: `${API}OpenTunnel.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      scene.behaviour.maxOpenTunnels = 1;
      const { tunnelId } = await scene.openTunnel();
      const beyond = () => failure(scene.client.send(new OpenTunnelCommand({})));
      expect(await beyond()).toEqual({ name: 'LimitExceededException', status: 400 });
      await scene.closeTunnel(tunnelId);
      expect(await beyond()).toBeUndefined();
    },
  },
  {
    id: 'service-limit', rule: 'A tunnel has at most three services', checkedBy: 'AWS SDK',
    source: 'https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/docs/multi-port-tunneling.md',
    async check(scene) {
      const open = (services: string[]) => failure(scene.openTunnel({ destinationConfig: { services } }));
      expect(await open(['A', 'B', 'C'])).toBeUndefined();
      expect(await open(['A', 'B', 'C', 'D'])).toEqual({ name: 'LimitExceededException', status: 400 });
    },
  },
  {
    id: 'list-order', rule: 'ListTunnels lists newer tunnels before older ones', source: `${API}ListTunnels.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const [first, second, third] = [await scene.openTunnel(), await scene.openTunnel(), await scene.openTunnel()];
      // Others may open tunnels at the same time.
      const ours = [third.tunnelId, second.tunnelId, first.tunnelId];
      expect((await listed(scene)).filter((tunnelId) => tunnelId && ours.includes(tunnelId))).toEqual(ours);
    },
  },
  {
    id: 'list-pages', rule: 'ListTunnels pages: every tunnel once, no nextToken on the last page', source: `${API}ListTunnels.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const expected: string[] = [];
      for (let count = 0; count < 7; count += 1) expected.unshift((await scene.openTunnel()).tunnelId);
      const pages: (string | undefined)[][] = [];
      for await (const page of paginateListTunnels({ client: scene.client, pageSize: 3 }, {})) {
        pages.push((page.tunnelSummaries ?? []).map(({ tunnelId }) => tunnelId));
        // Comings and goings between pages shift nothing.
        if (pages.length === 1) await scene.openTunnel();
      }
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
      expect(pages.flat()).toEqual(expected);
    },
  },
  {
    id: 'list-thing', rule: 'ListTunnels can be narrowed to one thing', source: `${API}ListTunnels.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const { tunnelId } = await scene.openTunnel({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } });
      await scene.openTunnel({ destinationConfig: { thingName: 'pump-8', services: ['SSH'] } });
      await scene.openTunnel();
      expect(await listed(scene, { thingName: 'pump-7' })).toEqual([tunnelId]);
    },
  },
  {
    id: 'close', rule: 'CloseTunnel makes a tunnel CLOSED; it can still be described and listed', source: `${API}CloseTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel();
      await scene.closeTunnel(tunnelId);
      expect((await scene.describe(tunnelId)).status).toBe('CLOSED');
      expect(await listed(scene)).toContain(tunnelId);
    },
  },
  {
    id: 'close-delete', rule: 'CloseTunnel with delete removes the tunnel at once', source: `${API}CloseTunnel.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel();
      await scene.client.send(new CloseTunnelCommand({ tunnelId, delete: true }));
      expect(await failure(scene.describe(tunnelId))).toEqual(NOT_FOUND);
      expect(await listed(scene)).not.toContain(tunnelId);
    },
  },
  {
    id: 'expiry', rule: 'A tunnel that stays open longer than its lifetime becomes CLOSED', source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const { tunnelId } = await scene.openTunnel({ timeoutConfig: { maxLifetimeTimeoutMinutes: 5 } });
      const end = scene.clock.now() + 5 * MINUTE;
      scene.clock.advance(5 * MINUTE - 1);
      expect((await scene.describe(tunnelId)).status).toBe('OPEN');
      scene.clock.advance(HOUR);
      expect(await scene.describe(tunnelId)).toMatchObject({ status: 'CLOSED', lastUpdatedAt: new Date(end) });
    },
  },
  {
    id: 'visibility', rule: 'A closed tunnel stays visible for at least three hours, then it is deleted',
    source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const { tunnelId } = await scene.openTunnel();
      await scene.closeTunnel(tunnelId);
      scene.clock.advance(3 * HOUR - 1);
      expect((await scene.describe(tunnelId)).status).toBe('CLOSED');
      scene.clock.advance(1);
      expect(await failure(scene.describe(tunnelId))).toEqual(NOT_FOUND);
      expect(await listed(scene)).toEqual([]);
    },
  },
  {
    id: 'no-reopening', rule: 'A closed tunnel cannot be reopened: its tokens cannot be rotated', source: `${GUIDE}tunnel-lifecycle.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId } = await scene.openTunnel();
      await scene.closeTunnel(tunnelId);
      expect(await failure(scene.rotate(tunnelId, 'ALL'))).toEqual(NOT_FOUND);
      await scene.closeTunnel(tunnelId);
      expect((await scene.describe(tunnelId)).status).toBe('CLOSED');
    },
  },
  {
    id: 'rotate-result', rule: 'Rotation returns the tokens of the sides that were asked for, and no others',
    source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelId, tunnelArn } = await scene.openTunnel();
      const returned = async (mode: 'SOURCE' | 'DESTINATION' | 'ALL') => {
        const { tunnelArn: arn, sourceAccessToken, destinationAccessToken } = await scene.rotate(tunnelId, mode);
        return [arn === tunnelArn, sourceAccessToken !== undefined, destinationAccessToken !== undefined];
      };
      expect(await returned('SOURCE')).toEqual([true, true, false]);
      expect(await returned('DESTINATION')).toEqual([true, false, true]);
      expect(await returned('ALL')).toEqual([true, true, true]);
    },
  },
  {
    id: 'rotate-lifetime', rule: 'Rotation does not extend the tunnel', source: `${API}RotateTunnelAccessToken.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const { tunnelId } = await scene.openTunnel({ timeoutConfig: { maxLifetimeTimeoutMinutes: 10 } });
      scene.clock.advance(9 * MINUTE);
      await scene.rotate(tunnelId, 'ALL');
      scene.clock.advance(MINUTE);
      expect((await scene.describe(tunnelId)).status).toBe('CLOSED');
    },
  },
  {
    id: 'notify', rule: 'The destination token is published on $aws/things/<thing>/tunnels/notify, on opening and on rotation', checkedBy: 'AWS SDK',
    source: `${GUIDE}configure-remote-device.html`,
    async checkLocally(scene) {
      const destinationConfig = { thingName: 'pump-7', services: ['SSH'] };
      const { tunnelId, destination } = await scene.openTunnel({ destinationConfig });
      const rotated = await scene.rotate(tunnelId, 'DESTINATION', destinationConfig);
      await scene.rotate(tunnelId, 'SOURCE');

      const { published } = scene;
      expect(published.map(({ topic }) => topic)).toEqual(Array(2).fill('$aws/things/pump-7/tunnels/notify'));
      const tokens = [destination, rotated.destinationAccessToken];
      for (const [index, { payload }] of published.entries()) {
        const { clientAccessToken, ...rest } = JSON.parse(payload);
        expect(clientAccessToken === tokens[index]).toBe(true);
        expect(rest).toEqual({ clientMode: 'destination', region: 'eu-west-1', services: ['SSH'] });
      }
    },
  },
  {
    id: 'notify-no-thing', rule: 'Without a thing name nothing is published', source: `${GUIDE}configure-remote-device.html`, checkedBy: 'AWS SDK',
    async checkLocally(scene) {
      const { tunnelId } = await scene.openTunnel();
      await scene.rotate(tunnelId, 'ALL');
      expect(scene.published.length).toBe(0);
    },
  },
  {
    id: 'tagging', rule: 'Tags are added, overwritten, listed and removed by the ARN of the tunnel', source: `${API}TagResource.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelArn: resourceArn, tunnelId } = await scene.openTunnel({ tags: [{ key: 'site', value: 'north' }, { key: 'team', value: 'a' }] });
      await scene.client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'site', value: 'south' }, { key: 'rack', value: '4' }] }));
      expect(await tagsOf(scene, resourceArn)).toEqual({ site: 'south', team: 'a', rack: '4' });
      await scene.client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team', 'unknown'] }));
      expect(await tagsOf(scene, resourceArn)).toEqual({ site: 'south', rack: '4' });
      expect((await scene.describe(tunnelId)).tags).toHaveLength(2);
    },
  },
  {
    id: 'tag-limits', rule: 'UntagResource takes up to 200 keys, and the tags of a tunnel never outgrow the 200 of a tag list',
    source: `${API}UntagResource.html`, checkedBy: 'AWS SDK',
    async check(scene) {
      const { tunnelArn: resourceArn } = await scene.openTunnel({ tags: Array.from({ length: 200 }, (_, index) => ({ key: `k${index}`, value: '' })) });
      const { client } = scene;
      expect(await failure(client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'one-more', value: '' }] })))).toEqual(INVALID);
      expect(await failure(client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'k0', value: 'new' }] })))).toBeUndefined();
      const untag = (count: number) => failure(client.send(new UntagResourceCommand({ resourceArn, tagKeys: Array(count).fill('k1') })));
      expect(await untag(201)).toEqual(INVALID);
      expect(await untag(200)).toBeUndefined();
      expect(await untag(0)).toBeUndefined();
    },
  },
];
