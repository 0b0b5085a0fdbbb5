import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { OpenTunnelCommand, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { EventFeed } from '../../local-cloud/admin/event-feed';
import { systemClock } from '../../local-cloud/clock';
import { connectSource } from '../../tunnel-protocol/peer';
import { until } from '../support/until';
import { withCloud } from './support';

const running = withCloud();

interface Seen { readonly id: number; readonly type: string; readonly [field: string]: unknown }

/** Reads the feed until `during` is done and `complete` holds, then leaves. */
async function watch(during: () => Promise<void>, complete: (seen: readonly Seen[]) => boolean, lastId?: number): Promise<{ seen: Seen[]; text: string }> {
  const leave = new AbortController();
  const response = await fetch(`${running.cloud.endpoint}/_local/events`, {
    signal: leave.signal, headers: lastId === undefined ? {} : { 'last-event-id': String(lastId) },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const seen: Seen[] = [];
  const reading = (async () => {
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString();
      seen.splice(0, Infinity, ...[...text.matchAll(/id: (\d+)\nevent: \w+\ndata: (.*)\n/g)].map(([, id, data]) => ({ ...JSON.parse(data) as Seen, id: Number(id) })));
    }
  })().catch(() => undefined);
  await during();
  await until(() => complete(seen), 'all of it was told');
  leave.abort();
  await reading;
  return { seen, text };
}

test('GIVEN somebody watches WHEN a tunnel lives THEN each step is told in its order, and no token with it', async () => {
  const { tunnels, sqs, secrets } = running.clients;
  let tunnelId = '';
  const { seen, text } = await watch(async () => {
    const opened = await tunnels.send(new OpenTunnelCommand({}));
    tunnelId = opened.tunnelId!;
    const source = await connectSource({ endpoint: running.cloud.endpoint, token: opened.sourceAccessToken! });
    source.cut();
    await source.closed;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'signals' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    const { sourceAccessToken } = await tunnels.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
    await secrets.send(new CreateSecretCommand({ Name: 'tokens/source', SecretString: sourceAccessToken }));
  }, (events) => events.some(({ type }) => type === 'delivered') && events.some(({ type }) => type === 'dropped'));

  expect(seen.filter(({ type }) => type !== 'dropped')).toMatchObject([
    { type: 'connected', tunnelId, side: 'source' },
    { type: 'signalled', queue: 'signals', by: 'user' },
    { type: 'rotated', tunnelId, by: 'user' },
    { type: 'delivered', secret: 'tokens/source', by: 'user' },
  ]);
  expect(seen.find(({ type }) => type === 'dropped')).toMatchObject({ tunnelId, side: 'source', at: expect.any(Number) });
  expect(text.includes('LOCALCAT')).toBe(false);
});

test('GIVEN somebody who saw some of it WHEN he comes back THEN he gets the rest, and each once', async () => {
  const all = await watch(async () => undefined, (events) => events.length >= 5);
  const rest = await watch(async () => undefined, (events) => events.length >= 2, all.seen[2].id);
  expect(rest.seen).toEqual(all.seen.slice(3));
});

describe('the feed', () => {
  const event = (index: number) => ({ type: 'signalled', queue: `q${index}`.padEnd(1_000), by: 'test' }) as const;

  test('keeps the last 500 events for those who come later', () => {
    const feed = new EventFeed(systemClock);
    for (let index = 0; index < 2_000; index += 1) feed.publish(event(index));
    const text = String(feed.watch().read());
    expect(text.match(/^id: /gm)).toHaveLength(500);
    expect(text).toContain('id: 2000\n');
  });

  test('sends away who does not read, and goes on for the others', () => {
    const feed = new EventFeed(systemClock);
    const [sleeper, reader] = [feed.watch(), feed.watch()];
    for (let index = 0; index < 2_000; index += 1) {
      feed.publish(event(index));
      reader.read();
    }
    expect([sleeper.destroyed, reader.destroyed]).toEqual([true, false]);
    expect(sleeper.readableLength).toBeLessThan(600_000);
  });

  test('tells decisions with their reason, and nothing else of what functions write', () => {
    const feed = new EventFeed(systemClock);
    const line = (text: string) => feed.line({ functionName: 'f', instance: 'f/1', at: 0, text });
    line('{"message":"rotation held","tunnelId":"t-1","reason":"connected","secret":"hidden"}');
    line('{"message":"no tunnel"}');
    line('{broken');
    line('plain');
    const text = String(feed.watch().read());
    expect(text.match(/^data: /gm)).toHaveLength(1);
    expect(text).toContain('"message":"rotation held","tunnelId":"t-1","reason":"connected"');
    expect(text).not.toContain('hidden');
  });
});
