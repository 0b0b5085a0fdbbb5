import { World, type Tunnel } from './world';

/**
 * A fresh world for each story of a file. Each must end without a denied call, without a secret anywhere but
 * where it belongs, and with roles that deny what lies beside the calls that were made.
 * @param denialsExpected calls that the stories themselves have denied
 */
export function worldForEachStory(synthesize: () => string, denialsExpected = /^$/): () => World {
  let assembly: string;
  let world: World | undefined;
  beforeAll(() => { assembly = synthesize(); });
  beforeEach(async () => { world = await World.begin(assembly); });
  afterEach(async () => {
    const { denied, leaks, escaped } = await world!.check();
    await world!.end();
    expect({ denied: denied.filter((call) => !denialsExpected.test(call)), leaks, escaped }).toEqual({ denied: [], leaks: [], escaped: [] });
  });
  return () => world!;
}

/** A tunnel whose source is connected with its first token. */
export async function connected(world: World): Promise<Tunnel> {
  const tunnel = await world.openTunnel();
  await tunnel.connect();
  return tunnel;
}

/** A tunnel that came back once, so that its operator holds a token out of the secret. */
export async function recovered(world: World): Promise<Tunnel> {
  const tunnel = await connected(world);
  await tunnel.recoverOnce();
  return tunnel;
}

/** A tunnel that came back once and has dropped again. */
export async function droppedAgain(world: World): Promise<Tunnel> {
  const tunnel = await recovered(world);
  await tunnel.drop();
  return tunnel;
}
