import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { BUILT_IN, official } from '../demo/local-proxy';
import { conclude, type Outcome } from '../demo/outcome';
import { Timeline } from '../demo/timeline';
import { tellStory } from '../demo/story';
import { startLocalCloud } from '../local-cloud/cloud';

const HELP = `Usage: npm run demo [-- --json] [--proxy localproxy]

Synthesizes the stack, deploys it to a local cloud on this machine, opens a tunnel, and cuts its source three times.
Needs no AWS account. Exits with 0 only if every byte and every refusal was right.

  --json            print the timeline as JSON lines
  --proxy PROGRAM   run AWS's own local proxy, installed as PROGRAM, instead of the connector's built-in one
  --help            print this`;

/** The template's sweep runs every minute; the local schedule shortens that so nobody has to watch a clock. */
const SWEEP_PERIOD = 2_000;
/** What the story promises. */
const DROPS = 3;

async function main(): Promise<number> {
  const { values: { json, help, proxy: program } } = parseArgs({
    options: { json: { type: 'boolean' }, proxy: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  const timeline = new Timeline((line) => console.log(line), Boolean(json));
  timeline.heading('Tunnel Token Rotator: three drops on a local cloud');
  const { line, exitCode } = conclude(await play(timeline, program).catch((error: unknown): Outcome => (
    { recovered: 0, drops: DROPS, troubles: [`the demo could not run: ${error instanceof Error ? error.message : String(error)}`] }
  )));
  timeline.conclude(line);
  return exitCode;
}

/** The whole demo, everything put away again. */
async function play(timeline: Timeline, program: string | undefined): Promise<Outcome> {
  const proxy = program === undefined ? BUILT_IN : official(program);
  const assembly = await mkdtemp(join(tmpdir(), 'tunnel-token-rotator-'));
  const cloud = await startLocalCloud({ schedulePeriod: SWEEP_PERIOD, tls: proxy.needsTls });
  Object.assign(process.env, cloud.env); // as anybody points an SDK, and so the connector, at the local cloud
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', '--output', assembly], { cwd: join(__dirname, '..'), shell: process.platform === 'win32' });
    timeline.say('synthesized', 'the stack, by cdk synth');
    const { stackName, resources, outputs } = await cloud.deploy(assembly);
    timeline.say('deployed', `${resources.length} resources of ${stackName} to the local cloud`);
    const outcome = await tellStory(cloud, outputs.SecretPrefix, proxy, timeline);
    const leaks = (await cloud.findLeaks('LOCALCAT')).map((place) => `a token stands in ${place}`);
    const denied = cloud.calls.denied.map(({ caller, service, action }) => `outside its role: ${caller} called ${service}:${action}`);
    return { ...outcome, troubles: [...outcome.troubles, ...leaks, ...denied] };
  } finally {
    await cloud.close();
    await rm(assembly, { recursive: true, force: true });
  }
}

void main().then((code) => { process.exitCode = code; });
