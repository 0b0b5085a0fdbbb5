import { DEFAULT_POLICY, interval } from '../../../connector/session/pauses';
import type { Hold } from '../../../connector/session/vocabulary';
import { A_CUT, LittleWorld } from '../support/little-world';

const cut = { connects: 100, ends: 30_000, end: A_CUT } as const;
const connectedThenClosed = { connects: 100, ends: 60_000, end: { code: 0, goodbye: true }, then: (world: LittleWorld) => { world.tunnel = 'closed'; } } as const;
/** AWS's list price, dollars for a call. https://aws.amazon.com/secrets-manager/pricing/ */
const PRICE_OF_A_READ = 0.05 / 10_000;

/** A drop whose token is delivered so many milliseconds after the signal. */
async function drop(rotatorTakes: number) {
  const world = new LittleWorld().delivered().children(cut, connectedThenClosed);
  world.rotatorTakes = rotatorTakes;
  world.at(29_000, () => { world.reads = 0; });
  await world.run();
  return { delay: world.launches[1].at - (world.deliveredAt - world.start), reads: world.reads };
}

describe('a fresh token', () => {
  it('is found within 100 ms if it comes quickly, and within half a second if it comes slowly, for less than a tenth of a cent', async () => {
    const times = (from: number, to: number) => Array.from({ length: 25 }, (_, index) => from + Math.round(((to - from) * index) / 25) + (index * 37) % 80);
    const quick = await Promise.all(times(150, 1_900).map(drop));
    const slow = await Promise.all(times(2_000, 59_000).map(drop));
    const delays = quick.map(({ delay }) => delay).sort((a, b) => a - b);
    expect(delays[12]).toBeLessThan(100);
    expect(Math.max(...delays)).toBeLessThan(100);
    expect(Math.max(...slow.map(({ delay }) => delay))).toBeLessThan(500);
    expect(Math.max(...[...quick, ...slow].map(({ reads }) => reads)) * PRICE_OF_A_READ).toBeLessThan(0.001);
  });

  it('costs little to wait for, even in vain', () => {
    let looks = 0;
    for (let elapsed = 0; elapsed < 3_600_000; elapsed += interval(DEFAULT_POLICY.poll, elapsed)) looks += 1;
    expect(looks).toBe(25 + 145 + 236);
  });
});

describe('a secret that somebody deleted', () => {
  it('is asked for anew, although the session holds a proof', async () => {
    const world = new LittleWorld().delivered().children({ ...cut, then: (it) => { it.secretGone = true; } }, connectedThenClosed);
    expect((await world.run()).name).toBe('closed');
    expect(world.signals.map(({ kind, at }) => [kind, at])).toEqual([['disconnected', 30_000], ['disconnected', 35_000], ['token-request', 35_000]]);
  });
});

describe('a prefix that is not the rotator\'s', () => {
  it('costs two tokens and not one more, and the session says what it may be', async () => {
    const world = new LittleWorld();
    world.secretGone = world.elsewhere = true;
    world.at(3 * 3_600_000, () => { world.tunnel = 'closed'; });
    expect((await world.run()).name).toBe('closed');
    expect(world.signals.map(({ kind, at }) => [kind, at])).toEqual([['token-request', 0], ['token-request', 5_000]]);
    expect(world.news).toEqual(expect.arrayContaining([
      'warn: Two signals brought no token. Not asking any more, but still looking. What it may be:',
      'warn:   - there is no secret p/T/source: is the prefix right? It is the rotator\'s output SecretPrefix',
    ]));
    expect(world.news.filter((line) => line.includes('Two signals'))).toHaveLength(1);
  });

  it('may become right after all', async () => {
    const world = new LittleWorld().children(connectedThenClosed);
    world.secretGone = world.elsewhere = true;
    world.at(600_000, () => { world.secretGone = false; });
    expect((await world.run()).name).toBe('closed');
    expect(world.launches).toHaveLength(1);
  });
});

describe('a rotator that does not answer a proof', () => {
  it('is asked for ever, and the session says once what it may be', async () => {
    const world = new LittleWorld().delivered().children(cut, connectedThenClosed);
    world.rotatorTakes = undefined;
    world.at(3_600_000, () => { world.generation += 1; });
    await world.run();
    expect(world.signals.length).toBeGreaterThan(55);
    expect(world.news.filter((line) => line.includes('Two signals'))).toEqual(['warn: Two signals brought no token. What it may be:']);
  });
});

describe('a rotator that holds back', () => {
  it('shows why, and until when, and the token is found quickly after that', async () => {
    const world = new LittleWorld().delivered().children(cut, connectedThenClosed);
    const until = world.start + 30_000 + 480_000;
    world.rotatorTakes = undefined;
    world.at(30_200, () => { world.hold = { reason: 'flapping', at: world.clock.now(), until }; });
    world.at(30_000 + 481_000, () => { world.generation += 1; });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'checking', 'waiting', 'held', 'starting', 'connected', 'checking']);
    expect(world.states.find(({ state }) => state === 'held')).toMatchObject({ reason: 'flapping', until, asked: 2, since: world.start + 30_000 });
    expect(world.launches[1].at - 511_000).toBeLessThan(100);
    expect(world.reads).toBeLessThan(100);
  });

  it.each<[string, Partial<Hold>]>([
    ['is over', { until: 34_000 }],
    ['was about an earlier signal', { at: -1_000 }],
  ])('does not show a hold that %s', async (_, times) => {
    const world = new LittleWorld().delivered().children(cut, connectedThenClosed);
    world.rotatorTakes = 8_000;
    world.hold = { reason: 'flapping', at: world.start + 30_000 + (times.at ?? 0), until: times.until && world.start + times.until };
    await world.run();
    expect(world.path).not.toContain('held');
  });
});
