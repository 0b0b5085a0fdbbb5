import { died, type Pulse } from '../../../connector/proxy/heartbeat';
import { Surroundings } from '../../../connector/proxy/surroundings';
import { VirtualClock } from '../support/virtual-clock';

/** A connection in virtual time. */
class Patient implements Pulse {
  heard = 0;
  held = false;
  localAddress: string | undefined = '192.0.2.7';
  pings = 0;
  alive = true;
  /** Milliseconds until a ping is answered. */
  answersAfter = 100;

  constructor(private readonly clock: VirtualClock) {}

  ping(): void {
    this.pings += 1;
    void this.clock.sleep(this.answersAfter).then(() => { if (this.alive && !this.held) this.heard += 1; });
  }
}

const WITHIN = 12_000;

function ward() {
  const clock = new VirtualClock();
  const network = { addresses: ['192.0.2.7'] };
  const surroundings = new Surroundings(clock, () => network.addresses);
  const patient = new Patient(clock);
  const over = new AbortController();
  const start = clock.now();
  const verdict = died(patient, WITHIN, surroundings, over.signal).then((dead) => ({ dead, at: clock.now() - start }));
  const at = (time: number, action: () => void) => void clock.sleep(time).then(action);
  return { clock, network, patient, over, verdict, at };
}

test.each([0, 1, 999, 1_500, 2_999, 3_001, 7_777])('GIVEN a connection that dies %i ms after a minute THEN that is noticed within 12 s', async (offset) => {
  const { patient, verdict, at } = ward();
  at(60_000 + offset, () => { patient.alive = false; });
  const { dead, at: when } = await verdict;
  expect(dead).toBe(true);
  expect(when - 60_000 - offset).toBeLessThanOrEqual(WITHIN);
  expect(when - 60_000 - offset).toBeGreaterThan(WITHIN / 2);
});

test('GIVEN a connection that answers late, but answers THEN it lives', async () => {
  const { patient, over, verdict, at } = ward();
  patient.answersAfter = 6_000;
  at(3_600_000, () => over.abort());
  expect(await verdict).toMatchObject({ dead: false });
  expect(patient.pings).toBeGreaterThan(800);
});

test('GIVEN a connection that nobody reads from THEN its silence proves nothing', async () => {
  const { patient, over, verdict, at } = ward();
  patient.held = true;
  at(600_000, () => over.abort());
  expect(await verdict).toMatchObject({ dead: false });
});

test('GIVEN that the machine slept WHEN the connection did not outlive that THEN it is noticed within three seconds', async () => {
  const { clock, patient, verdict, at } = ward();
  at(30_500, () => {
    patient.alive = false;
    clock.sleepThrough(3_600_000);
  });
  expect((await verdict).at).toBeLessThanOrEqual(30_500 + 3_600_000 + 3_000);
});

test('GIVEN that the machine slept WHEN the connection outlived that THEN it lives', async () => {
  const { clock, over, verdict, at } = ward();
  at(30_500, () => clock.sleepThrough(3_600_000));
  at(3_700_000, () => over.abort());
  expect(await verdict).toMatchObject({ dead: false });
});

test('GIVEN another network WHEN the address of the connection is gone THEN it is dead at once', async () => {
  const { network, verdict, at } = ward();
  at(30_000, () => { network.addresses = ['198.51.100.9']; });
  expect((await verdict).at).toBeLessThanOrEqual(31_000);
});

test('GIVEN one more network THEN the connection is asked, and lives', async () => {
  const { network, patient, over, verdict, at } = ward();
  at(30_000, () => { network.addresses = ['192.0.2.7', '198.51.100.9']; });
  at(40_000, () => over.abort());
  expect(await verdict).toMatchObject({ dead: false });
  expect(patient.heard).toBeGreaterThan(0);
});
