import { startFleet } from './fleet';
import { onStage } from './stage';

/** Shows a fleet of tunnels on the local cloud's page, until somebody wants it to end. */
export async function watch(size: number, say: (line: string) => void, interrupted: Promise<unknown>): Promise<void> {
  say('Synthesizing and deploying the stack to a local cloud...');
  await onStage({ page: true }, async (stage) => {
    const fleet = await startFleet(stage, size);
    say(`${fleet.size} tunnels are open, each with a device and an operator's session. Cut them at`);
    say(`  ${stage.cloud.page}`);
    say('Ctrl-C ends it.');
    await interrupted;
    await fleet.end();
  });
}
