import { synthesizeApp } from '../support/assembly';
import { recovered, worldForEachStory } from '../support/stories';

const world = worldForEachStory(synthesizeApp);

/** A client that may speak as one thing only, by the level of its topics that its IoT policy ties to its certificate. */
describe('WHEN a client signals below the level of a thing', () => {
  it('GIVEN a tunnel of that thing THEN the drop is healed', async () => {
    const tunnel = await recovered(world());
    await tunnel.drop();
    await world().publish(`tunnels/pump-7/${tunnel.id}/disconnected`, { proof: tunnel.proof });
    await tunnel.reconnect();
    expect(await tunnel.works()).toBe(true);
  });

  it.each(['disconnected', 'token-request'])('GIVEN a tunnel of another thing THEN nothing is done, whatever the payload of its %s says', async (topic) => {
    const tunnel = await recovered(world());
    await tunnel.drop();
    const { rotations } = tunnel.record;
    await world().publish(`tunnels/pump-8/${tunnel.id}/${topic}`, { proof: tunnel.proof, thingName: 'pump-7' });
    expect(tunnel.record.rotations).toBe(rotations);
  });
});
