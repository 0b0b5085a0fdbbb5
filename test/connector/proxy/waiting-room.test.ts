import { Duplex } from 'node:stream';
import { WaitingRoom } from '../../../connector/proxy/waiting-room';
import { VirtualClock } from '../support/virtual-clock';

const knock = () => ({ service: 'SSH', connection: new Duplex({ read: () => undefined, write: (_, __, done) => done() }) });

function room(seats = 2, patience = 60_000) {
  const clock = new VirtualClock();
  const dismissed: Duplex[] = [];
  return { clock, dismissed, room: new WaitingRoom({ seats, patience, clock, dismiss: (connection) => dismissed.push(connection) }) };
}

test('GIVEN no seat is left THEN who comes is dismissed', () => {
  const { room: waiting, dismissed } = room();
  const guests = [knock(), knock(), knock()];
  for (const guest of guests) waiting.enter(guest);
  expect(dismissed).toEqual([guests[2].connection]);
  expect(waiting.size).toBe(2);
});

test('GIVEN a guest who waits too long THEN it is dismissed, and its seat is free', async () => {
  const { room: waiting, dismissed, clock } = room();
  const guest = knock();
  waiting.enter(guest);
  await clock.sleep(60_001);
  expect(dismissed).toEqual([guest.connection]);
  expect(waiting.size).toBe(0);
});

test('GIVEN a guest who gives up THEN its seat is free at once', async () => {
  const { room: waiting, dismissed } = room();
  const guest = knock();
  waiting.enter(guest);
  guest.connection.destroy();
  await new Promise((resolve) => guest.connection.once('close', resolve));
  expect(waiting.size).toBe(0);
  expect(dismissed).toEqual([]);
});

test('WHEN guests are called THEN they come first come first, and who has no place stays', () => {
  const { room: waiting } = room(8);
  const guests = [knock(), knock(), knock()];
  for (const guest of guests) waiting.enter(guest);
  const came: unknown[] = [];
  waiting.call((guest) => guest !== guests[1] && Boolean(came.push(guest)));
  expect(came).toEqual([guests[0], guests[2]]);
  expect(waiting.size).toBe(1);
});

test('GIVEN a day of comings and goings THEN no timer and no listener is left', async () => {
  const { room: waiting, clock } = room(5, 60_000);
  const guests = Array.from({ length: 2_000 }, knock);
  for (const [index, guest] of guests.entries()) {
    waiting.enter(guest);
    await clock.sleep(43_200); // 2,000 of these are a day
    if (index % 3 === 0) waiting.call(() => true);
    if (index % 7 === 0) guest.connection.destroy();
  }
  waiting.close();
  await clock.sleep(1);
  expect(clock.asleep).toBe(0);
  expect(guests.filter(({ connection }) => connection.listenerCount('close') > 0)).toEqual([]);
});
