import { connectedThenClosed, cutAfter, LittleWorld } from '../support/little-world';

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
