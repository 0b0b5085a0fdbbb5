import { getEventListeners } from 'node:events';
import { systemClock } from '../../../connector/session/clock';

describe('sleep', () => {
  it('ends early when it is aborted, and leaves no listener either way', async () => {
    const abort = new AbortController();
    await systemClock.sleep(1, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    const long = systemClock.sleep(2 ** 40, abort.signal);
    abort.abort();
    await long;
    await systemClock.sleep(2 ** 40, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});
