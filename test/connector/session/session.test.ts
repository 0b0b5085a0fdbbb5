import { Confidential } from '../../../lib/confidential';
import { A_CUT, LittleWorld } from '../support/little-world';

const connectedThenClosed = { connects: 100, ends: 60_000, end: { code: 0, goodbye: true }, then: (world: LittleWorld) => { world.tunnel = 'closed'; } } as const;
const cutAfter = (ends: number) => ({ connects: 100, ends, end: A_CUT });

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

describe('a token that was used before we came', () => {
  const refused = { ends: 50, end: A_CUT };

  it('is replaced without a pause', async () => {
    const world = new LittleWorld().delivered().children(refused, connectedThenClosed);
    await world.run();
    expect(world.signals).toEqual([{ kind: 'disconnected', at: 50, proof: 1 }]);
    expect(world.path).not.toContain('pausing');
    expect(world.states.at(-1)).toMatchObject({ drops: 0 });
  });

  it('means that the tunnel is in use, if somebody stays connected', async () => {
    const world = new LittleWorld().delivered().children(refused);
    world.connect();
    expect(await world.run()).toMatchObject({ name: 'in-use', exitCode: 13 });
    expect(world.signals).toEqual([]);
  });

  it('is replaced if the connection was a ghost that fades', async () => {
    const world = new LittleWorld().delivered().children(refused, connectedThenClosed);
    world.connect();
    world.at(5_000, () => world.disconnect());
    expect((await world.run()).name).toBe('closed');
    expect(world.signals).toHaveLength(1);
  });

  it('is replaced at once with --take-over', async () => {
    const world = new LittleWorld().delivered().children(refused, connectedThenClosed);
    world.connect();
    await world.run({ takeOver: true });
    expect(world.signals).toEqual([{ kind: 'disconnected', at: 50, proof: 1 }]);
  });
});

describe('a session that the service sends away', () => {
  const sentAway = { connects: 100, ends: 30_000, end: { code: 0, goodbye: true } };

  it('gives way to whoever asked for the new token', async () => {
    const world = new LittleWorld().delivered().children({ ...sentAway, then: (it) => { it.generation += 1; } });
    world.at(30_500, () => world.connect());
    expect((await world.run()).name).toBe('in-use');
    expect(world.signals).toEqual([]);
    expect(world.launches).toHaveLength(1);
  });

  it('comes back if nobody takes the place', async () => {
    const world = new LittleWorld().delivered().children(sentAway, connectedThenClosed);
    expect((await world.run()).name).toBe('closed');
    expect(world.signals).toEqual([{ kind: 'disconnected', at: 32_000, proof: 1 }]);
  });

  it('takes over only once', async () => {
    const world = new LittleWorld().delivered().children(sentAway);
    world.at(30_500, () => world.connect());
    expect((await world.run({ takeOver: true })).name).toBe('in-use');
  });
});

describe('a child that fails', () => {
  it('is started again with the same token, after growing pauses, and ends the session with its last words', async () => {
    const world = new LittleWorld().delivered().children(...Array.from({ length: 5 }, () => ({ ends: 10, end: { code: 1 } })));
    const result = await world.run();
    expect(result).toMatchObject({ name: 'child-failing', exitCode: 17 });
    expect(result.details).toEqual(['The local proxy ended with exit code 1. Its last words:', '  no way']);
    expect(world.launches.map(({ at }) => at)).toEqual([0, 1_010, 3_020, 7_030, 15_040]);
    expect(new Set(world.launches.map(({ generation }) => generation))).toEqual(new Set([1]));
    expect(world.signals).toEqual([]);
  });

  it('cannot burn token after token by connecting and falling over', async () => {
    const world = new LittleWorld().delivered().children(...Array.from({ length: 5 }, () => ({ connects: 20, ends: 40, end: { code: 1 } })));
    expect((await world.run()).name).toBe('child-failing');
    expect(world.signals).toHaveLength(4);
    const [, , third, fourth, fifth] = world.launches.map(({ at }) => at);
    expect(fourth - third).toBeGreaterThan(4_000);
    expect(fifth - fourth).toBeGreaterThan(8_000);
  });

  it('is forgiven once a connection lasted', async () => {
    const bad = { ends: 10, end: { code: 1 } };
    const world = new LittleWorld().delivered().children(bad, bad, bad, cutAfter(60_000), bad, bad, bad, bad, connectedThenClosed);
    expect((await world.run()).name).toBe('closed');
  });

  it('is not started again if it could not be started at all', async () => {
    const world = new LittleWorld().delivered().children({ ends: 0, end: { code: null, notStarted: 'ENOENT' } });
    const result = await world.run();
    expect(result).toMatchObject({ name: 'command-not-started', exitCode: 18 });
    expect(result.details[0]).toContain('ENOENT');
  });
});

describe('a child that says nothing', () => {
  it('counts as connected once the service shows it', async () => {
    const world = new LittleWorld().delivered().children({ ...connectedThenClosed, quietly: true });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'checking']);
  });

  it('is ended and reported when its connection died in silence', async () => {
    const world = new LittleWorld().delivered().children({ connects: 100 }, connectedThenClosed);
    world.at(40_000, () => world.disconnect());
    expect((await world.run()).name).toBe('closed');
    expect(world.signals).toMatchObject([{ kind: 'disconnected', proof: 1 }]);
    expect(world.launches).toHaveLength(2);
  });

  it('is left alone when the service is merely slow to show it', async () => {
    const world = new LittleWorld().delivered().children({ ...connectedThenClosed, ends: 100_000 });
    world.at(1_000, () => { world.side = { status: 'DISCONNECTED', lastUpdatedAt: world.start }; });
    world.at(3_000, () => world.connect());
    expect((await world.run()).name).toBe('closed');
    expect(world.stopped).toEqual([]);
  });
});

describe('calls that fail', () => {
  it('are tried again for as long as the network is away', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    world.at(20_000, () => Object.assign(world.failures, {
      publish: Array(20).fill('unreachable'), secret: Array(20).fill('unreachable'), describe: Array(20).fill('unreachable'),
    }));
    expect((await world.run()).name).toBe('closed');
    expect(world.launches).toHaveLength(2);
  });

  it('wait for new credentials in the middle of a session', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    world.at(20_000, () => { world.failures.publish = Array(5).fill('credentials'); });
    expect((await world.run()).name).toBe('closed');
    expect(world.news.join('\n')).toContain('log in again');
  });

  it('do not wait for credentials that cannot change', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000));
    world.fixedCredentials = true;
    world.at(20_000, () => { world.failures.publish = Array(5).fill('credentials'); });
    await expect(world.run()).rejects.toMatchObject({ kind: 'credentials' });
    expect(world.clock.now() - world.start).toBeLessThan(32_000);
  });

  it.each([[false, 'Log in again, or renew your keys.'], [true, 'start again with fresh ones.']])('warn while the connection still stands', async (fixed, remedy) => {
    const world = new LittleWorld().delivered().children(connectedThenClosed);
    world.fixedCredentials = fixed;
    world.at(10_000, () => { world.failures.describe = Array(2).fill('credentials'); });
    await world.run();
    const warnings = world.news.filter((line) => line.includes('after a drop it could not come back'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(remedy);
  });

  it.each([['unreachable', 4], ['busy', 4], ['credentials', 1], ['access-denied', 1], ['refused', 1]] as const)('at the start: %s is final after %i', async (kind, tries) => {
    const world = new LittleWorld().delivered();
    world.failures.describe = Array(10).fill(kind);
    await expect(world.run()).rejects.toMatchObject({ name: 'AwsCallError', kind });
    expect(world.failures.describe).toHaveLength(10 - tries);
  });

  it('end the session when they are denied, and the child with it', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000));
    world.failures.publish = ['access-denied'];
    await expect(world.run()).rejects.toMatchObject({ kind: 'access-denied' });
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
