import { A_CUT, connectedThenClosed, LittleWorld } from '../support/little-world';

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
