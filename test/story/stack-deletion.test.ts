import { AwsError } from '../../local-cloud/service';
import { synthesizeApp } from '../support/assembly';
import { passCleanups } from '../support/cleanup-time';
import { World, type Tunnel } from '../support/world';

let world: World;
let assembly: string;
beforeAll(() => { assembly = synthesizeApp(); });
beforeEach(async () => { world = await World.begin(assembly); });
afterEach(async () => {
  const { leaks, escaped } = await world.check();
  expect({ leaks, escaped }).toEqual({ leaks: [], escaped: [] });
  await world.end();
});

async function recovered(): Promise<Tunnel> {
  const tunnel = await world.openTunnel();
  await tunnel.connect();
  await tunnel.recoverOnce();
  return tunnel;
}

const destroyStack = () => passCleanups(world.cloud, () => world.deployment.destroy());

const actions = (caller: string) => world.cloud.calls.records.filter((record) => record.caller.includes(caller)).map(({ action }) => action);

describe('WHEN the stack is deleted', () => {
  it('GIVEN tunnels that recovered THEN their secrets are gone, and their connections stand', async () => {
    const tunnels = [await recovered(), await recovered(), await recovered()];

    expect(await destroyStack()).toBeUndefined();

    for (const tunnel of tunnels) {
      expect(await tunnel.secretExists()).toBe(false);
      expect(await tunnel.works()).toBe(true);
    }
    expect(actions('SecretCleanup').sort()).toEqual(['DeleteSecret', 'DeleteSecret', 'DeleteSecret', 'ListSecrets', 'Scan']);
    expect(world.cloud.calls.denied).toEqual([]);
  });

  it('GIVEN no tunnel at all THEN it just goes', async () => {
    expect(await destroyStack()).toBeUndefined();
    expect(actions('SecretCleanup').sort()).toEqual(['ListSecrets', 'Scan']);
  });

  it('GIVEN a secret that nobody may delete THEN the others go, and the stack says why it stays', async () => {
    const [kept, gone] = [await recovered(), await recovered()];
    world.cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'DeleteSecret' && call.input.SecretId === kept.secretName) throw new AwsError('AccessDeniedException', 'no');
      return proceed();
    });

    const failure = await destroyStack();

    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toContain('Secrets deleted: 1, refused: 1. Delete the stack again to go on');
    expect(await kept.secretExists()).toBe(true);
    expect(await gone.secretExists()).toBe(false);
  });
});
