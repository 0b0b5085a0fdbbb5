import { greet } from '../../../lambda/rotator/presence';
import { MemorySignals } from '../../support/fakes';

const tunnels = { async *openTunnelIds(thingName?: string) { yield* [`${thingName}-a`, `${thingName}-b`]; } };

describe('a device that came online', () => {
  it('GIVEN the news is fresh THEN it waits a moment, since AWS sends it twice and out of order', async () => {
    const signals = new MemorySignals();
    await greet({ thingName: 'pump', since: 1, attempt: 0 }, tunnels, signals);
    expect(signals.presences).toEqual([{ presence: { thingName: 'pump', since: 1, attempt: 1 }, delay: 5_000 }]);
    expect(signals.sent).toEqual([]);
  });

  it('GIVEN it waited THEN the destination of each of its open tunnels is looked at', async () => {
    const signals = new MemorySignals();
    await greet({ thingName: 'pump', since: 1, attempt: 1 }, tunnels, signals);
    expect(signals.sent.map(({ signal }) => signal)).toEqual(['pump-a', 'pump-b'].map((tunnelId) =>
      ({ tunnelId, sides: ['destination'], kind: 'drop', via: 'presence', since: 1, attempt: 0 })));
  });
});
