import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../local-cloud/clock';
import { remember } from '../../local-cloud/journal';
import { Queue } from '../../local-cloud/sqs/queue';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const held = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_048_576;
};

test('GIVEN 2,000 messages of 256 kB WHEN they came and went THEN less than 50 MB of them are left', () => {
  const queue = new Queue('big', 'arn:aws:sqs:eu-west-1:123456789012:big', {}, systemClock, () => undefined);
  const before = held();
  for (let count = 0; count < 2_000; count += 1) queue.delete(queue.send(Buffer.alloc(262_144, `${count} `).toString('latin1'), 'test').id);

  expect(held() - before).toBeLessThan(50);
  expect(queue.history.at(-1)).toMatch(/^1999 /);
});

test.each([
  ['texts', (index: number) => `${index}`.padEnd(1_000)],
  ['bytes', (index: number) => ({ index, payload: Buffer.alloc(1_000) })],
  ['structures', (index: number) => ({ index, nested: [{ text: 'x'.repeat(1_000) }] })],
])('GIVEN 100,000 %s of 1 kB WHEN they are remembered THEN the last 8 MB or so are kept, in order', (_, make) => {
  const list: unknown[] = [];
  for (let index = 0; index < 100_000; index += 1) remember(list, make(index));

  expect(list.length).toBeGreaterThan(5_000);
  expect(list.length).toBeLessThan(12_500);
  expect(list.at(-1)).toEqual(make(99_999));
  expect(list.at(-2)).toEqual(make(99_998));
});

test('GIVEN one entry that is larger than all that is kept THEN it is kept alone', () => {
  const list: string[] = ['small'];
  remember(list, 'x'.repeat(40 * 1_048_576));
  remember(list, 'after');
  expect(list.at(-1)).toBe('after');
});
