import type { SQSRecord } from 'aws-lambda';
import { OutOfTimeError } from '../../../lambda/domain/errors';
import { beginOnlyIfItCanEnd, neediestFirst } from '../../../lambda/rotator/batch';

const record = (messageId: string, receives: number) => ({ messageId, attributes: { ApproximateReceiveCount: `${receives}` } }) as SQSRecord;

describe('a batch', () => {
  it('GIVEN signals that came back THEN what came back most often is first, and the rest stays in its order', () => {
    const batch = [record('a', 1), record('b', 4), record('c', 1), record('d', 10)];
    expect(neediestFirst(batch).map(({ messageId }) => messageId)).toEqual(['d', 'b', 'a', 'c']);
  });

  it.each([[20_000, true], [10_000, true], [9_999, false], [0, false]])('GIVEN %d ms left THEN a signal is begun: %s', (left, begun) => {
    const begin = () => beginOnlyIfItCanEnd(left);
    if (begun) expect(begin).not.toThrow();
    else expect(begin).toThrow(OutOfTimeError);
  });
});
