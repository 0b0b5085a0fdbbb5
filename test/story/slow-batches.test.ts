import { synthesizeApp } from '../support/assembly';
import { worldForEachStory } from '../support/stories';

const world = worldForEachStory(synthesizeApp);

const record = (messageId: string, tunnelId: string, receives: number) => ({
  messageId, receiptHandle: messageId, body: JSON.stringify({ tunnelId, via: 'mqtt' }), eventSource: 'aws:sqs', awsRegion: 'eu-west-1',
  attributes: { ApproximateReceiveCount: `${receives}`, SentTimestamp: `${Date.now()}` }, messageAttributes: {},
});

describe('GIVEN a batch of signals', () => {
  it('WHEN one of them takes ten seconds THEN the rest is given back unbegun, and what was done is done', async () => {
    const { cloud } = world();
    const rotator = cloud.functions.names.find((name) => /RotatorFunction/.test(name) || /Rotator.*Rotator(?!.*(Sweep|Clean))/.test(name))!;
    const barrier = cloud.calls.hold({ action: 'DescribeTunnel' }, 'before');
    const result = cloud.functions.invoke(rotator, { Records: [record('a', 'tunnel-a', 1), record('b', 'tunnel-b', 3), record('c', 'tunnel-c', 1)] });
    const { input } = await barrier.reached;
    await cloud.advance(10_001);
    barrier.release();
    expect(input.tunnelId).toBe('tunnel-b'); // it came back most often
    expect(await result).toEqual({ kind: 'succeeded', payload: { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'c' }] } });
  });
});
