import { writeFileSync } from 'node:fs';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { STSClient } from '@aws-sdk/client-sts';
import type { Console } from '../cli/console';
import { UsageError } from '../cli/usage-error';
import type { Verdict } from '../conformance/run';
import { formatProfile } from '../profile';
import { CALIBRATE_HELP, parseCalibrateArguments, type CalibrateArguments } from './arguments';
import { awsLab, type AwsLab, type AwsLabProps } from './aws-lab';
import { planConformance, runConformance } from './conformance';
import { newDescription } from './control';
import { eventHistory } from './history';
import { openInbox } from './inbox';
import { InterruptedError } from './lab';
import { Lease } from './lease';
import { limitedBy } from './limited';
import { type Answered, behaviourOf, measure } from './measure';
import { planFor } from './plan';
import { type Cost, planLines, priceOf, reportOf, verdictLines } from './report';
import { silencer } from './silencer';
import { systemLabClock } from './system-clock';

const INTERRUPTED = 130;

/** @returns the exit code: 0, 1 if it failed or was not to go on, 2 if the command line is wrong, 130 after Ctrl-C */
export async function calibrate(argv: readonly string[], console: Console): Promise<number> {
  let options: CalibrateArguments;
  try {
    options = parseCalibrateArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.err(`${error.message}\nTry calibrate --help.`);
    return 2;
  }
  if (options.help) {
    console.out(CALIBRATE_HELP);
    return 0;
  }
  const plan = options.conformance ? await planConformance() : await planQuestions(options, console);
  const client = new IoTSecureTunnelingClient({ maxAttempts: 1, ...(options.region && { region: options.region }) });
  try {
    const region = await regionOf(client, options);
    priceOf(plan, region, options.price).forEach((line) => console.out(line));
    if (options.dryRun) return 0;
    if (!options.yes && !/^y(es)?$/i.test(await console.ask?.('Go on? [y/N] ') ?? '')) {
      console.err('Nothing was opened.');
      return 1;
    }
    return await run(options, console, client, region, new Lease(plan.tunnels));
  } catch (error) {
    console.err(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return 1;
  } finally {
    client.destroy();
  }
}

async function planQuestions({ questions, thing, role, silencer: silence, dryRun }: CalibrateArguments, console: Console): Promise<Cost> {
  const plan = await planFor(questions, { thing: thing !== undefined, limitedBy: role !== undefined, silence: silence !== undefined });
  if (dryRun) planLines(plan).forEach((line) => console.out(line));
  return plan;
}

/** Who only looks what would happen needs no region. */
async function regionOf(client: IoTSecureTunnelingClient, { dryRun }: CalibrateArguments): Promise<string> {
  return client.config.region().catch((error: unknown) => {
    if (dryRun) return 'the SDK\'s region';
    throw error;
  });
}

/** Does what was announced, and closes every tunnel whatever happens. */
async function run(options: CalibrateArguments, console: Console, client: IoTSecureTunnelingClient, region: string, lease: Lease): Promise<number> {
  const interruption = new AbortController();
  void console.interrupted.then(() => interruption.abort());
  const description = newDescription();
  const lab = labFor(options, { client, region, lease, description, interrupted: interruption.signal });
  try {
    if (options.conformance) {
      const heard = (verdict: Verdict) => verdictLines(verdict).forEach((line) => console.out(line));
      await runConformance({ client, lease, description, heard, interrupted: interruption.signal, endpoint: endpointOf(options, region) });
    } else {
      await ask(options, console, lab, region);
    }
    return interruption.signal.aborted ? INTERRUPTED : 0;
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    return INTERRUPTED;
  } finally {
    const left = await lab.control.closeAll();
    interruption.abort(); // ends the connections that are still there
    console.err(`${lease.count} tunnels were opened, ${left.length === 0 ? 'and all of them are closed' : `and ${left.length} could not be closed`}.`);
    if (left.length > 0) console.err('They end by themselves when their lifetime is over; their tag opened-by says calibrate.');
  }
}

/** @throws InterruptedError; what was answered by then is told all the same. */
async function ask({ questions, out }: CalibrateArguments, console: Console, lab: AwsLab, region: string): Promise<void> {
  const answers: Answered[] = [];
  try {
    await measure(lab, questions, (answer) => {
      answers.push(answer);
      console.err(`${answer.id}: ${answer.answer}`);
    });
  } finally {
    ['', ...reportOf(answers)].forEach((line) => console.out(line));
  }
  const profile = { measuredOn: new Date(lab.clock.now()).toISOString().slice(0, 10), region, behaviour: behaviourOf(answers), answers: answers.map(told) };
  writeFileSync(out, formatProfile(profile));
  console.out(`\nThe profile is in ${out}: tunnel-local-cloud --profile ${out}`);
}

const told = ({ id, question, answer, evidence, certainty }: Answered) => ({ id, question, answer, evidence, certainty });

function labFor(options: CalibrateArguments, run: Pick<AwsLabProps, 'client' | 'lease' | 'description' | 'interrupted'> & { readonly region: string }): AwsLab {
  const { client, region, interrupted } = run;
  const clock = systemLabClock(interrupted);
  const { thing, iotEndpoint, role, silencer: command } = options;
  const settings = { maxAttempts: 1, region };
  return awsLab({
    ...run, clock, endpoint: endpointOf(options, region),
    history: eventHistory(settings),
    silence: command === undefined ? undefined : silencer(command),
    limitedBy: role === undefined ? undefined : limitedBy({ sts: new STSClient(settings), settings, roleArn: role, clock, interrupted }),
    thing: thing === undefined ? undefined : {
      name: thing, listen: () => openInbox({ endpoint: iotEndpoint!, thing, region, credentials: () => client.config.credentials() }),
    },
  });
}

/** An emulator has control API and data plane at one place. */
const endpointOf = ({ dataEndpoint }: CalibrateArguments, region: string): string =>
  dataEndpoint ?? process.env.AWS_ENDPOINT_URL ?? `https://data.tunneling.iot.${region}.amazonaws.com`;
