import { setTimeout as pause } from 'node:timers/promises';
import { AdjustableClock } from '../../local-cloud/clock';

test('what is due by the new time happens at once, in order, and sees that time', () => {
  const clock = new AdjustableClock();
  const happened: string[] = [];
  const start = clock.now();
  clock.after(2_000, () => happened.push(`second after ${clock.now() - start >= 5_000}`));
  clock.after(1_000, () => happened.push('first'));
  clock.after(60_000, () => happened.push('not yet'))();
  clock.advance(5_000);
  expect(happened).toEqual(['first', 'second after true']);
});

test('what an action cancels does not happen', () => {
  const clock = new AdjustableClock();
  let happened = false;
  const cancel = clock.after(2_000, () => { happened = true; });
  clock.after(1_000, cancel);
  clock.advance(5_000);
  expect(happened).toBe(false);
});

test('a missed period comes once', () => {
  const clock = new AdjustableClock();
  let count = 0;
  const arm = () => { clock.after(1_000, () => { count += 1; arm(); }); };
  arm();
  clock.advance(10_000);
  expect(count).toBe(1);
  clock.advance(1_000);
  expect(count).toBe(2);
});

test('it runs by itself as well', async () => {
  const clock = new AdjustableClock();
  clock.advance(1_000_000);
  await new Promise<void>((resolve) => { clock.after(1, resolve); setTimeout(() => undefined, 50); });
  expect(clock.ahead).toBe(1_000_000);
});

test('a stopped clock runs what is due at once, and the rest only when it is put forward', async () => {
  const clock = new AdjustableClock({ stopped: true });
  const start = clock.now();
  const happened: string[] = [];
  clock.after(1, () => happened.push('later'));
  clock.after(0, () => happened.push('at once'));
  await pause(20); // as long as a running clock would need for both
  expect(happened).toEqual(['at once']);
  expect(clock.now()).toBe(start);
  clock.advance(1);
  expect(happened).toEqual(['at once', 'later']);
  expect(clock.now()).toBe(start + 1);
});
