import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { connectSource } from '../../../tunnel-protocol/peer';
import type { TunnelsState } from '../../../local-cloud/tunneling/tunnels';
import { ManualClock, openStage, type Stage } from './stage';

const stages: Stage[] = [];
afterEach(() => Promise.all(stages.splice(0).map((stage) => stage.close())));

async function stageWith(clock: ManualClock): Promise<Stage> {
  const stage = await openStage({ clock });
  stages.push(stage);
  return stage;
}

test('GIVEN a tunnel that was restored WHEN its lifetime ends THEN its connection ends by itself', async () => {
  const before = await stageWith(new ManualClock());
  const { sourceAccessToken } = await before.client.send(new OpenTunnelCommand({ timeoutConfig: { maxLifetimeTimeoutMinutes: 10 } }));
  const clock = new ManualClock();
  const after = await stageWith(clock);
  after.tunneling.restore(JSON.parse(JSON.stringify(before.tunneling.state())) as TunnelsState);

  const source = await connectSource({ endpoint: after.endpoint, token: sourceAccessToken! });
  clock.advance(10 * 60_000);

  expect(await source.closed).toMatchObject({ code: 1000 });
});
