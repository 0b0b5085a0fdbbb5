import { Confidential } from '../../../lib/confidential';
import { connectedThenClosed, cutAfter, LittleWorld } from '../support/little-world';

describe('a session that drops', () => {
  it('comes back with the fresh token, and reports the drop with the spent one as proof', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    expect(await world.run()).toMatchObject({ name: 'closed', exitCode: 10 });
    expect(world.path).toEqual(['starting', 'connected', 'checking', 'waiting', 'starting', 'connected', 'checking']);
    expect(world.launches.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(world.signals).toEqual([{ kind: 'disconnected', at: 30_000, proof: 1 }]);
  });

  it('tells how long the recovery took, from the end of the child to the next connection', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    await world.run();
    const last = world.states.at(-1)!;
    expect(last.drops).toBe(1);
    expect(last.lastRecovery).toBeGreaterThanOrEqual(900);
    expect(last.lastRecovery).toBeLessThan(1_500);
  });

  it('takes the token that lies there already if somebody noticed the drop before', async () => {
    const world = new LittleWorld().delivered().children({ ...cutAfter(30_000), then: (it) => { it.generation += 1; } }, connectedThenClosed);
    await world.run();
    expect(world.launches).toEqual([{ at: 0, generation: 1 }, { at: expect.any(Number), generation: 2 }]);
    expect(world.launches[1].at).toBeLessThan(30_300);
  });

  it('reports a cut before it has looked at anything', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    world.at(20_000, () => { world.describeTakes = 3_000; });
    await world.run();
    expect(world.signals).toEqual([{ kind: 'disconnected', at: 30_000, proof: 1 }]);
    // The fresh token lay there when the look was over.
    expect(world.launches[1].at).toBeLessThan(33_300);
  });

  it('is no drop when the tunnel ends', async () => {
    const world = new LittleWorld().delivered().children(connectedThenClosed);
    const session = world.session();
    await session.run();
    expect(session.counts.drops).toBe(0);
  });

  it('does not fall for a stale read of the secret', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), cutAfter(30_000), connectedThenClosed);
    world.staleReads.push(1, 1, 1, 1, 2, 1, 1, 1, 2, 2);
    await world.run();
    expect(world.launches.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });

  it('is cut 200 times in a row without losing a recovery, and without pausing', async () => {
    const world = new LittleWorld().delivered().children(...Array.from({ length: 200 }, () => cutAfter(300)), connectedThenClosed);
    expect((await world.run()).name).toBe('closed');
    expect(world.states.at(-1)).toMatchObject({ drops: 200 });
    expect(world.path).not.toContain('pausing');
    expect(world.launches).toHaveLength(201);
    expect(world.listeners).toBe(0);
  });
});

describe('an answer that does not come', () => {
  it('is asked for again, with growing pauses, until it comes', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(10_000), connectedThenClosed);
    world.rotatorTakes = undefined;
    world.at(200_000, () => { world.generation += 1; });
    await world.run();
    expect(world.signals.map(({ at }) => at)).toEqual([10_000, 15_000, 25_000, 45_000, 85_000, 145_000]);
    expect(world.signals.every(({ kind, proof }) => kind === 'disconnected' && proof === 1)).toBe(true);
    expect(world.launches[1].at).toBeLessThan(205_500);
  });

  it('is awaited in one state that remembers its beginning', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(10_000), connectedThenClosed);
    world.rotatorTakes = 12_000;
    await world.run();
    const waits = world.states.filter((state) => state.state === 'waiting');
    expect(waits.map((state) => state.state === 'waiting' && [state.asked, state.since - world.start])).toEqual([[1, 10_000], [2, 10_000]]);
  });

  it.each([['closed', 'closed'], ['expired', 'expired'], ['unknown', 'unknown-tunnel']] as const)('ends the wait when the tunnel is %s', async (kind, name) => {
    const world = new LittleWorld().delivered().children(cutAfter(10_000));
    world.rotatorTakes = undefined;
    world.at(20_000, () => { world.tunnel = kind; });
    expect((await world.run()).name).toBe(name);
  });
});

describe('a tunnel without a token', () => {
  it('gets one by a token request', async () => {
    const world = new LittleWorld().children(connectedThenClosed);
    await world.run();
    expect(world.signals).toEqual([{ kind: 'token-request', at: 0 }]);
    expect(world.launches.map(({ generation }) => generation)).toEqual([1]);
  });

  it('gets one even if AWS denies to read a secret that is not there yet', async () => {
    const world = new LittleWorld().children(connectedThenClosed);
    world.failures.secret = Array(4).fill('access-denied');
    expect((await world.run()).name).toBe('closed');
    expect(world.signals).toEqual([{ kind: 'token-request', at: 0 }]);
  });

  it('is denied for good when AWS still denies it after two requests', async () => {
    const world = new LittleWorld();
    world.failures.secret = Array(99).fill('access-denied');
    await expect(world.run()).rejects.toMatchObject({ kind: 'access-denied', permission: { action: 'secretsmanager:GetSecretValue' } });
    expect(world.signals.map(({ at }) => at)).toEqual([0, 5_000]);
  });

  it('is left alone if somebody is connected', async () => {
    const world = new LittleWorld();
    world.connect();
    expect((await world.run()).name).toBe('in-use');
    expect(world.signals).toEqual([]);
  });

  it('starts with the token that OpenTunnel returned, and asks in both ways once that is spent without proof', async () => {
    const world = new LittleWorld().children(cutAfter(20_000), connectedThenClosed);
    world.rotatorTakes = undefined;
    world.at(28_000, () => { world.generation += 1; });
    await world.run({ firstToken: { token: new Confidential('LOCALCAT-0') } });
    expect(world.signals.map(({ kind, at, proof }) => [kind, at, proof])).toEqual([
      ['disconnected', 20_000, undefined], ['disconnected', 25_000, undefined], ['token-request', 25_000, undefined],
    ]);
  });
});

describe('a tunnel that is over', () => {
  it.each([['closed', 'closed'], ['expired', 'expired'], ['unknown', 'unknown-tunnel']] as const)('starts nothing: %s', async (kind, name) => {
    const world = new LittleWorld().delivered();
    world.tunnel = kind;
    expect((await world.run()).name).toBe(name);
    expect(world.launches).toEqual([]);
  });

  it('ends a child that did not notice', async () => {
    const world = new LittleWorld().delivered().children({ connects: 100 });
    world.at(45_000, () => { world.tunnel = 'closed'; });
    expect((await world.run()).name).toBe('closed');
    expect(world.stopped).toHaveLength(1);
  });
});

describe('stopping', () => {
  it.each([
    ['while the child runs', { connects: 100 }, 5_000],
    ['while it connects', {}, 50],
    ['while a token is awaited', cutAfter(1_000), 3_000],
    ['while a failed child is given a rest', { ends: 10, end: { code: 1 } }, 500],
  ])('works %s, and leaves nobody asleep', async (_, script, when) => {
    const world = new LittleWorld().delivered().children(script);
    world.rotatorTakes = undefined;
    world.at(when, () => world.stop());
    await expect(world.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(world.clock.now() - world.start).toBe(when);
    expect(world.clock.asleep).toBe(0);
  });
});
