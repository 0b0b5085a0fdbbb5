import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { findLocalProxy } from '../demo/local-proxy';
import { Timeline } from '../demo/timeline';
import { tellStory } from '../demo/story';
import { startLocalCloud } from '../local-cloud/cloud';

const HELP = `Usage: npm run demo [-- --json]

Synthesizes the stack, deploys it to a local cloud on this machine, opens a tunnel, and cuts its source three times.
Needs no AWS account. Exits with 0 only if every byte and every refusal was right.

  --json   print the timeline as JSON lines
  --help   print this`;

/** The template's sweep runs every minute; the local schedule shortens that so nobody has to watch a clock. */
const SWEEP_PERIOD = 2_000;

async function main(): Promise<number> {
  const { values: { json, help } } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (help) {
    console.log(HELP);
    return 0;
  }
  const timeline = new Timeline((line) => console.log(line), Boolean(json));
  timeline.heading('Tunnel Token Rotator: three drops on a local cloud');
  const assembly = await mkdtemp(join(tmpdir(), 'tunnel-token-rotator-'));
  const proxy = findLocalProxy();
  const cloud = await startLocalCloud({ schedulePeriod: SWEEP_PERIOD, tls: proxy.needsTls });
  Object.assign(process.env, cloud.env); // as anybody points an SDK, and so the connector, at the local cloud
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', '--output', assembly], { cwd: join(__dirname, '..') });
    timeline.say('synthesized', 'the stack, by cdk synth');
    const { stackName, resources, outputs } = await cloud.deploy(assembly);
    timeline.say('deployed', `${resources.length} resources of ${stackName} to the local cloud`);
    const { recovered, drops } = await tellStory(cloud, outputs.SecretPrefix, proxy, timeline);
    const leaks = await cloud.findLeaks('LOCALCAT');
    const denied = cloud.calls.denied.map(({ caller, service, action }) => `${caller} called ${service}:${action}`);
    for (const leak of leaks) timeline.say('failed', `a token stands in ${leak}`);
    for (const call of denied) timeline.say('failed', `outside its role: ${call}`);
    timeline.conclude(`recovered ${recovered} of ${drops} drops`);
    return recovered === drops && leaks.length + denied.length === 0 ? 0 : 1;
  } finally {
    await cloud.close();
    await rm(assembly, { recursive: true, force: true });
  }
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  console.error(`The demo could not run: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
