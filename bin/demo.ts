import { parseArgs } from 'node:util';
import { BUILT_IN, official } from '../demo/local-proxy';
import { conclude, type Outcome } from '../demo/outcome';
import { onStage } from '../demo/stage';
import { Timeline } from '../demo/timeline';
import { tellStory } from '../demo/story';
import { watch } from '../demo/watch';

const HELP = `Usage: npm run demo [-- --json] [--proxy localproxy]
       npm run demo -- --watch [--tunnels 12]

Synthesizes the stack, deploys it to a local cloud on this machine, opens a tunnel, and cuts its source three times.
Needs no AWS account. Exits with 0 only if every byte and every refusal was right.

  --json            print the timeline as JSON lines
  --proxy PROGRAM   run AWS's own local proxy, installed as PROGRAM, instead of the connector's built-in one
  --watch           open a fleet of tunnels and show them on a page of this machine, with buttons to cut them
  --tunnels NUMBER  how many, from 1 to 200 (default 12)
  --help            print this`;

/** What the story promises. */
const DROPS = 3;

async function main(): Promise<number> {
  const { values: { json, help, proxy: program, watch: watching, tunnels = '12' } } = parseArgs({
    options: {
      json: { type: 'boolean' }, proxy: { type: 'string' }, watch: { type: 'boolean' }, tunnels: { type: 'string' }, help: { type: 'boolean', short: 'h' },
    },
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (watching) {
    const interrupted = new Promise<void>((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve()); });
    await watch(Number(tunnels), console.log, interrupted);
    return 0;
  }
  const timeline = new Timeline((line) => console.log(line), Boolean(json));
  timeline.heading('Tunnel Token Rotator: three drops on a local cloud');
  const { line, exitCode } = conclude(await play(timeline, program).catch((error: unknown): Outcome => (
    { recovered: 0, drops: DROPS, troubles: [`the demo could not run: ${error instanceof Error ? error.message : String(error)}`] }
  )));
  timeline.conclude(line, exitCode !== 0);
  return exitCode;
}

/** The whole demo, everything put away again. */
async function play(timeline: Timeline, program: string | undefined): Promise<Outcome> {
  const proxy = program === undefined ? BUILT_IN : official(program);
  return onStage({ tls: proxy.needsTls }, async ({ cloud, deployment: { stackName, resources }, secretPrefix }) => {
    timeline.say('deployed', `${resources.length} resources of ${stackName} to the local cloud`);
    const outcome = await tellStory(cloud, secretPrefix, proxy, timeline);
    const leaks = (await cloud.findLeaks('LOCALCAT')).map((place) => `a token stands in ${place}`);
    const denied = cloud.calls.denied.map(({ caller, service, action }) => `outside its role: ${caller} called ${service}:${action}`);
    return { ...outcome, troubles: [...outcome.troubles, ...leaks, ...denied] };
  }, () => timeline.say('synthesized', 'the stack, by cdk synth'));
}

void main().then((code) => { process.exitCode = code; });
