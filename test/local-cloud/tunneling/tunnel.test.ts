import type { Clock } from '../../../local-cloud/clock';
import { LIKELY_BEHAVIOUR } from '../../../local-cloud/tunneling/behaviour';
import type { Connection } from '../../../local-cloud/tunneling/connection';
import { inRuns } from '../../../local-cloud/tunneling/frame-runs';
import { encodeFrame, FrameParser, MessageType } from '../../../tunnel-protocol/frames';
import { Relay } from '../../../local-cloud/tunneling/relay';
import { Side } from '../../../local-cloud/tunneling/side';
import { Tunnel } from '../../../local-cloud/tunneling/tunnel';

/** Tells the time, but never rings. */
class DeafClock implements Clock {
  time = 0;
  now = () => this.time;
  after = () => () => undefined;
}

/** A carrier that only remembers what was sent. */
function fakeConnection(): Connection & { sent: number } {
  const fake = { sent: 0, congested: false, send: () => void (fake.sent += 1), release: () => undefined };
  return fake as unknown as Connection & { sent: number };
}

const details = { tunnelId: 't-1', tunnelArn: 'arn', createdAt: 0, serial: 1, lifetimeMinutes: 10, tags: [] };

test('GIVEN a timer that rings late WHEN the tunnel is closed by then THEN it counts as closed at the end of its lifetime', () => {
  const clock = new DeafClock();
  const tunnel = new Tunnel(details, clock, LIKELY_BEHAVIOUR);

  clock.time = 660_000;
  expect([tunnel.status, tunnel.lastUpdatedAt]).toEqual(['CLOSED', 600_000]);
  tunnel.close();

  expect(tunnel.lastUpdatedAt).toBe(600_000);
});

test('GIVEN a connection that is out of use WHEN frames of it are still in flight THEN they reach nobody', () => {
  const clock = new DeafClock();
  const [source, destination] = [new Side(0, clock, LIKELY_BEHAVIOUR), new Side(0, clock, LIKELY_BEHAVIOUR)];
  const relay = new Relay({ source, destination }, clock, LIKELY_BEHAVIOUR);
  const [stale, current, receiver] = [fakeConnection(), fakeConnection(), fakeConnection()];
  const [run] = inRuns(new FrameParser().push(encodeFrame({ type: MessageType.DATA, streamId: 1 })));
  for (const connection of [stale, current]) source.connect(connection);
  destination.connect(receiver);

  relay.forward('source', stale, run);
  expect(receiver.sent).toBe(0);
  relay.forward('source', current, run);

  expect(receiver.sent).toBe(1);
});
