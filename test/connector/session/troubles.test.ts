import { A_CUT, LittleWorld } from '../support/little-world';

const connectedThenClosed = { connects: 100, ends: 60_000, end: { code: 0, goodbye: true }, then: (world: LittleWorld) => { world.tunnel = 'closed'; } } as const;
const cutAfter = (ends: number) => ({ connects: 100, ends, end: A_CUT });

describe('a connection that shows a sign of being lost', () => {
  it('is reconnecting while the child tries to have it back, and its recovery counts from the first sign', async () => {
    const world = new LittleWorld().delivered().children({ ...cutAfter(30_000), loses: 20_000 }, connectedThenClosed);
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'reconnecting', 'checking', 'waiting', 'starting', 'connected', 'checking']);
    expect(world.states.at(-1)!.drops).toBe(1);
    expect(world.states.at(-1)!.lastRecovery).toBeGreaterThanOrEqual(10_900);
    expect(world.states.at(-1)!.lastRecovery).toBeLessThan(11_500);
  });

  it('may come back by itself, and that needs no token', async () => {
    const world = new LittleWorld().delivered().children({ ...connectedThenClosed, loses: 20_000, returns: 24_000 });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'reconnecting', 'connected', 'checking']);
    expect(world.signals).toEqual([]);
    expect(world.states.at(-1)).toMatchObject({ drops: 1, lastRecovery: 4_000 });
  });

  it('is given up when nothing brings it back', async () => {
    const world = new LittleWorld().delivered().children({ connects: 100, loses: 20_000 }, connectedThenClosed);
    expect((await world.run()).name).toBe('closed');
    expect(world.stopped).toHaveLength(1);
    expect(world.stopped[0]).toBeLessThan(60_000);
    expect(world.signals).toMatchObject([{ kind: 'disconnected', proof: 1 }]);
  });

  it('is left to a child that ends by itself when it is refused, however long the way to the tunnel is away', async () => {
    const world = new LittleWorld().delivered().children({ ...connectedThenClosed, tireless: true, loses: 20_000, returns: 500_000, ends: 600_000 });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'reconnecting', 'connected', 'checking']);
    expect(world.stopped).toEqual([]);
    expect(world.signals).toEqual([]);
  });

  it('stands after all, if one look was wrong', async () => {
    const world = new LittleWorld().delivered().children({ ...connectedThenClosed, ends: 100_000 });
    world.at(10_000, () => { world.side = { status: 'DISCONNECTED', lastUpdatedAt: world.start }; });
    world.at(15_000, () => { world.side = { status: 'CONNECTED', lastUpdatedAt: world.start + 100 }; });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'reconnecting', 'connected', 'checking']);
    expect(world.states.at(-1)).toMatchObject({ drops: 0, lastRecovery: undefined });
    expect(world.stopped).toEqual([]);
  });
});

describe('a network that is away', () => {
  it('shows while the child has not noticed, and is no drop if the connection outlived it', async () => {
    const world = new LittleWorld().delivered().children(connectedThenClosed);
    world.at(10_000, () => { world.failures.describe = Array(2).fill('unreachable'); });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'offline', 'connected', 'checking']);
    expect(world.states.at(-1)).toMatchObject({ drops: 0, lastRecovery: undefined });
  });

  it('shows while a token is awaited, and the wait goes on after it', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    world.rotatorTakes = 20_000;
    world.at(32_000, () => { world.failures.secret = Array(4).fill('unreachable'); });
    await world.run();
    expect(world.path).toEqual(['starting', 'connected', 'checking', 'waiting', 'offline', 'waiting', 'starting', 'connected', 'checking']);
    const [offline] = world.states.filter(({ state }) => state === 'offline');
    expect(offline).toMatchObject({ since: offline.at });
  });

  it('is where a recovery counts from, if it was the first sign', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000), connectedThenClosed);
    world.at(10_000, () => { world.failures.describe = Array(15).fill('unreachable'); });
    await world.run();
    const [offline] = world.states.filter(({ state }) => state === 'offline');
    expect(offline.at - world.start).toBeLessThan(20_000);
    expect(world.states.at(-1)!.lastRecovery).toBeGreaterThan(30_000 - (offline.at - world.start));
  });
});

describe('a report that does not get through', () => {
  const unreachable = () => Array(10_000).fill('unreachable');

  it('does not hold up the end of a tunnel that is over', async () => {
    const world = new LittleWorld().delivered().children({ ...cutAfter(30_000), then: (it) => { it.tunnel = 'closed'; } });
    world.failures.publish = unreachable();
    expect((await world.run()).name).toBe('closed');
    expect(world.clock.now() - world.start).toBeLessThan(31_000);
    expect(world.clock.asleep).toBe(0);
  });

  it('is not tried any more once the session failed', async () => {
    const world = new LittleWorld().delivered().children(cutAfter(30_000));
    world.failures.publish = unreachable();
    world.at(30_000, () => { world.failures.describe = ['access-denied']; });
    await expect(world.run()).rejects.toMatchObject({ kind: 'access-denied' });
    expect(world.clock.asleep).toBe(0);
    expect(world.listeners).toBe(0);
  });
});

describe('a local port that is taken', () => {
  it('ends the session before any token is used', async () => {
    const world = new LittleWorld().delivered();
    world.portTaken = true;
    expect(await world.run()).toMatchObject({ name: 'port-taken', exitCode: 22, details: ['Somebody listens on 127.0.0.1:5555 already.'] });
    expect(world.launches).toEqual([]);
    expect(world.signals).toEqual([]);
  });

  it('is waited for after a drop, with the fresh token in hand', async () => {
    const world = new LittleWorld().delivered().children({ ...cutAfter(30_000), then: (it) => { it.portTaken = true; } }, connectedThenClosed);
    world.at(33_000, () => { world.portTaken = false; });
    expect((await world.run()).name).toBe('closed');
    expect(world.signals).toHaveLength(1);
    expect(world.launches).toHaveLength(2);
    expect(world.news.join()).toContain('Somebody listens on 127.0.0.1:5555');
  });

  it('ends the session with what the child said, if only the child could know, and costs no second token', async () => {
    const world = new LittleWorld().delivered().children({ connects: 100, ends: 12_500, end: { code: 1, portTaken: true } });
    const { name, details } = await world.run();
    expect(name).toBe('port-taken');
    expect(details).toEqual(['The local proxy ended with exit code 1. Its last words:', '  no way']);
    expect(world.signals).toEqual([]);
  });
});

describe('a service that the tunnel does not have', () => {
  it('ends the session before any token is used', async () => {
    const world = new LittleWorld().delivered();
    world.services = ['SSH', 'RDP'];
    const { name, exitCode, details } = await world.run({ services: ['SHH'] });
    expect({ name, exitCode, details }).toEqual({ name: 'wrong-service', exitCode: 23, details: ['The local proxy asks for SHH; the tunnel was opened for SSH, RDP.'] });
    expect(world.launches).toEqual([]);
  });

  it.each<[string[], string[]]>([[['SSH'], ['SSH', 'RDP']], [[], ['SSH']], [['SSH'], []]])('is not seen in %j of %j', async (wanted, offered) => {
    const world = new LittleWorld().delivered().children(connectedThenClosed);
    world.services = offered;
    expect((await world.run({ services: wanted })).name).toBe('closed');
  });
});

describe('a child that does not get through', () => {
  it('is quoted after ten seconds', async () => {
    const world = new LittleWorld().delivered().children({ ends: 25_000, end: { code: 1 }, then: (it) => { it.tunnel = 'closed'; } });
    world.lastWords = ['[info] Attempting', '[error] Could not perform SSL handshake: certificate verify failed', '[info] Attempting'];
    await world.run();
    expect(world.news.filter((line) => line.includes('Not connected'))).toEqual([
      'warn: Not connected after 10 s. The local proxy says: [error] Could not perform SSL handshake: certificate verify failed',
    ]);
  });

  it('is quoted at its first failure', async () => {
    const world = new LittleWorld().delivered().children({ ends: 10, end: { code: 1 } }, connectedThenClosed);
    await world.run();
    expect(world.news).toEqual(expect.arrayContaining(['warn: The local proxy ended with exit code 1. Its last words:', 'warn:   no way']));
  });
});
