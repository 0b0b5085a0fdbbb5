import { synthesizeApp } from '../support/assembly';
import { droppedAgain, recovered, worldForEachStory } from '../support/stories';

/** Function timeout, claim margin and some: by then a dead owner's claim has expired and its message is visible again. */
const CLAIM_IS_OVER = 31_000;

const world = worldForEachStory(synthesizeApp);

/** Kills the process of the function instance that makes this call, right after AWS has carried it out. */
async function killAfter(action: string, signal: () => Promise<unknown>): Promise<void> {
  const barrier = world().cloud.calls.hold({ action }, 'after');
  const signalled = signal();
  const { instance } = await barrier.reached;
  await world().cloud.functions.kill(instance ?? '');
  barrier.release();
  await signalled;
}

describe('GIVEN the rotator is killed', () => {
  it('WHEN it has claimed but not rotated THEN the next try heals it and there is one rotation', async () => {
    const tunnel = await droppedAgain(world());
    await killAfter('UpdateItem', () => tunnel.signal());
    await world().advance(CLAIM_IS_OVER);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
  });

  it('WHEN it has rotated but not delivered THEN that token is lost, and the next try delivers another', async () => {
    const tunnel = await droppedAgain(world());
    await killAfter('RotateTunnelAccessToken', () => tunnel.signal({ proof: tunnel.proof }));
    await world().advance(CLAIM_IS_OVER);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 3, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN that was the very first token THEN the next try creates the secret', async () => {
    const tunnel = await world().openTunnel();
    await tunnel.connect();
    await tunnel.drop();
    await killAfter('RotateTunnelAccessToken', () => tunnel.signal());
    expect(await tunnel.secretExists()).toBe(false);
    await world().advance(CLAIM_IS_OVER);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
  });

  it('WHEN it has delivered but not committed THEN an old proof does not hurt the source that lives on the new token', async () => {
    const tunnel = await droppedAgain(world());
    const oldProof = tunnel.proof;
    await killAfter('PutSecretValue', () => tunnel.signal({ proof: oldProof }));
    await tunnel.reconnect();
    await tunnel.signal({ proof: oldProof }); // while the dead owner's claim stands
    await world().advance(CLAIM_IS_OVER); //          the message comes again, with the old proof
    await tunnel.signal({ proof: oldProof }); // while the expired claim stands
    await world().advance(120_000);
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
    expect(await tunnel.works()).toBe(true);

    await tunnel.vanish();
    await tunnel.signal({ proof: tunnel.proof }); // the claim's version is a proof all the same
    await tunnel.reconnect();
    expect(tunnel.record.rotations).toBe(3);
  });

  it('WHEN it has delivered but not committed and nobody came for the token THEN that is looked up, and the token serves', async () => {
    const tunnel = await droppedAgain(world());
    await killAfter('PutSecretValue', () => tunnel.signal({ proof: tunnel.proof }));
    await world().advance(CLAIM_IS_OVER);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN it has claimed and not delivered, and the drop does not show, THEN an honest proof is believed', async () => {
    const tunnel = await recovered(world());
    await tunnel.vanish();
    await killAfter('UpdateItem', () => tunnel.signal({ proof: tunnel.proof }));
    await world().advance(CLAIM_IS_OVER);
    await tunnel.reconnect();
    expect(tunnel.record.rotations).toBe(2);
  });

  it('WHEN nobody signals again THEN the sweep heals it', async () => {
    const tunnel = await droppedAgain(world());
    await killAfter('RotateTunnelAccessToken', () => world().sweep());
    await world().advance(CLAIM_IS_OVER);
    await world().sweep();
    await tunnel.reconnect();
    expect(tunnel.record.kicks).toBe(0);
    expect(await tunnel.works()).toBe(true);
  });
});
