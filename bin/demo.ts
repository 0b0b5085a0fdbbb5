import { HELP, wishOf } from '../demo/arguments';
import { BUILT_IN, official } from '../demo/local-proxy';
import { conclude, type Outcome } from '../demo/outcome';
import { play } from '../demo/play/play';
import { onStage } from '../demo/stage';
import { Timeline } from '../demo/timeline';
import { tellStory } from '../demo/story';
import { watch } from '../demo/watch';

/** What the story promises. */
const DROPS = 3;

async function main(): Promise<number> {
  const wish = wishOf(process.argv.slice(2));
  switch (wish.kind) {
    case 'help': console.log(HELP); return 0;
    case 'wrong': console.error(`${wish.because}\nTry --help.`); return 2;
    case 'watch': return ending(watch(wish.tunnels, console.log, interrupted()));
    case 'play': return playHere();
    case 'story': return story(wish.json, wish.proxy);
  }
}

/** Three drops, told. */
async function story(json: boolean, program: string | undefined): Promise<number> {
  const timeline = new Timeline((line) => console.log(line), json);
  timeline.heading('Tunnel Token Rotator: three drops on a local cloud');
  const { line, exitCode } = conclude(await survive(timeline, program).catch((error: unknown): Outcome => (
    { recovered: 0, drops: DROPS, troubles: [`the demo could not run: ${reason(error)}`] }
  )));
  timeline.conclude(line, exitCode !== 0);
  return exitCode;
}

/** The whole story, everything put away again. */
async function survive(timeline: Timeline, program: string | undefined): Promise<Outcome> {
  const proxy = program === undefined ? BUILT_IN : official(program);
  return onStage({ tls: proxy.needsTls }, async ({ cloud, deployment: { stackName, resources }, secretPrefix }) => {
    timeline.say('deployed', `${resources.length} resources of ${stackName} to the local cloud`);
    const outcome = await tellStory(cloud, secretPrefix, proxy, timeline);
    const leaks = (await cloud.findLeaks('LOCALCAT')).map((place) => `a token stands in ${place}`);
    const denied = cloud.calls.denied.map(({ caller, service, action }) => `outside its role: ${caller} called ${service}:${action}`);
    return { ...outcome, troubles: [...outcome.troubles, ...leaks, ...denied] };
  }, () => timeline.say('synthesized', 'the stack, by cdk synth'));
}

/** Every key goes to the shell as it is pressed; afterwards the terminal is as it was. */
async function playHere(): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    console.error('--play is a shell in a terminal, and there is none here: run it in one, or see npm run demo without it.');
    return 2;
  }
  const playing = play({ keys: stdin, screen: stdout, columns: stdout.columns, rows: stdout.rows, begin: () => stdin.setRawMode(true) });
  const outcome = await playing.catch((error: unknown): Outcome => ({ recovered: 0, drops: 0, troubles: [`the demo could not run: ${reason(error)}`] }));
  stdin.setRawMode(false);
  stdin.pause();
  const { line, exitCode } = conclude(outcome);
  console.log(line);
  return exitCode;
}

/** @returns the exit code of what ends when somebody wants it to */
async function ending(demo: Promise<void>): Promise<number> {
  try {
    await demo;
    return 0;
  } catch (error) {
    console.error(`the demo could not run: ${reason(error)}`);
    return 1;
  }
}

const interrupted = () => new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

void main().then((code) => { process.exitCode = code; });
