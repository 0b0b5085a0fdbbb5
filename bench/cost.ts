import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AdjustableClock } from '../local-cloud/clock';
import { World } from '../test/support/world';
import { assembly } from './assembly';
import type { Bench, Figure } from './figure';
import { PRICES } from './prices';

const MINUTES = 30 * 24 * 60;
/** An SQS event source keeps so many long polls of 20 s open while its queue is empty. */
const POLLERS = 5;
/** Not measured here because it would be this machine's: a warm invocation in Lambda, and the afternoon rotator's look at a tunnel, in seconds. */
const SECONDS = { sweep: 0.3, recovery: 0.4, look: 0.025 };
/** Of each tunnel, in its twelve hours. */
const DROPS = 10;

/** Dollars a month, idle and for a thousand recoveries: counted on the local cloud, priced by AWS's list. */
export const cost: Bench = {
  title: 'Cost',
  async measure(_effort, say) {
    say('counting what an idle month and a recovery ask of AWS');
    const template = templateOf(assembly());
    const world = await World.begin(assembly(), {}, new AdjustableClock());
    try {
      const idle = await counted(world, () => world.sweep());
      const tunnel = await world.openTunnel();
      await tunnel.connect();
      await tunnel.recoverOnce(); // the secret and the row are there
      const recovery = await counted(world, async () => {
        await tunnel.cut();
        await tunnel.signal({ proof: tunnel.proof });
      });
      return figuresOf(template, idle, recovery);
    } finally {
      await world.end();
    }
  },
};

/** What one event asked of each service. */
interface Counts {
  readonly calls: Readonly<Record<string, number>>;
  readonly invocations: number;
  readonly logBytes: number;
  /** Names of the metrics that were written. */
  readonly metrics: readonly string[];
}

async function counted(world: World, happen: () => Promise<void>): Promise<Counts> {
  await world.cloud.idle();
  const { calls, logs } = world.cloud;
  const [callsBefore, linesBefore] = [calls.records.length, logs.lines.length];
  await happen();
  await world.cloud.idle();
  const byAction: Record<string, number> = {};
  const made = calls.records.slice(callsBefore).filter(({ caller }) => caller !== 'user');
  for (const { service, action } of made) byAction[`${service}:${action}`] = (byAction[`${service}:${action}`] ?? 0) + 1;
  const lines = logs.lines.slice(linesBefore);
  const metrics = lines.flatMap(({ text }) => metricNames(text));
  return {
    calls: byAction, metrics: [...new Set(metrics)], invocations: byAction['lambda:Invoke'] ?? 1,
    logBytes: lines.reduce((sum, { text }) => sum + text.length, 0),
  };
}

function metricNames(line: string): string[] {
  try {
    const { _aws } = JSON.parse(line) as { _aws?: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } };
    return _aws?.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)) ?? [];
  } catch {
    return [];
  }
}

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly MemorySize?: number; readonly Metrics?: readonly { readonly MetricStat?: object }[] };
}

interface Shape {
  readonly alarms: number;
  /** What AWS bills of the alarms: the metrics that they look at. */
  readonly watched: number;
  readonly dashboards: number;
  readonly memory: number;
}

function templateOf(directory: string): Shape {
  const file = readdirSync(directory).find((name) => name.endsWith('.template.json')) ?? '';
  const { Resources } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as { Resources: Record<string, Resource> };
  const of = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const alarms = of('AWS::CloudWatch::Alarm');
  const watched = alarms.map(({ Properties }) => Properties?.Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1);
  return {
    alarms: alarms.length, watched: watched.reduce((sum, count) => sum + count, 0), dashboards: of('AWS::CloudWatch::Dashboard').length,
    memory: Math.max(...of('AWS::Lambda::Function').map(({ Properties }) => Properties?.MemorySize ?? 128)) / 1024,
  };
}

function figuresOf({ alarms, watched, dashboards, memory }: Shape, idle: Counts, recovery: Counts): Figure[] {
  const metrics = idle.metrics.length * PRICES.cloudwatch.metricMonth;
  const watching = watched * PRICES.cloudwatch.alarmMonth;
  const sweeps = MINUTES * (calls(idle) + invocation(SECONDS.sweep, memory) + PRICES.scheduler.million / 1e6 + logs(idle));
  const polling = (POLLERS * MINUTES * 3 * PRICES.sqs.million) / 1e6;
  const once = calls(recovery) + invocation(SECONDS.recovery, memory) * recovery.invocations + logs(recovery) + signal();
  // One invocation a minute that looks at each tunnel; one secret; no queue, no ledger, nothing that watches it.
  const afternoonRuns = (tunnels: number) =>
    MINUTES * (invocation(SECONDS.sweep + Math.min(60, tunnels * SECONDS.look), memory) + PRICES.scheduler.million / 1e6);
  const afternoonOnce = PRICES.secretsManager.tenThousandCalls / 10_000;
  // It deletes no secret: in their first month those of its tunnels are there for half of it, on average.
  const afternoonFleet = (tunnels: number) => afternoonRuns(tunnels / 2) + 30 * tunnels * (DROPS * afternoonOnce + PRICES.secretsManager.secretMonth / 2);
  const fleet = (tunnels: number): Figure => ({
    id: `cost.fleet-${tunnels}`, unit: 'USD', counted: true,
    title: `a month with ${tunnels.toLocaleString('en')} tunnels a day, ten drops each, without the tunnels`,
    value: metrics + watching + sweeps + polling + 30 * tunnels * (DROPS * once + secretForHalfADay()),
    rivals: [
      { title: 'the afternoon rotator in its first month (it deletes no secret)', value: afternoonFleet(tunnels) },
      { title: "the tunnels' own price (September 2020)", value: 30 * tunnels * PRICES.tunnel },
      { title: 'a new tunnel for each drop', value: 30 * tunnels * DROPS * PRICES.tunnel },
    ],
  });
  return [
    {
      id: 'cost.idle', title: 'an idle month', unit: 'USD', counted: true, value: metrics + watching + sweeps + polling,
      rivals: [{ title: 'the afternoon rotator (no alarm, no queue)', value: afternoonRuns(0) }],
      note: [
        `${idle.metrics.length} custom metrics ${usd(metrics)}`, `${alarms} alarms on ${watched} metrics ${usd(watching)}`, `sweeps ${usd(sweeps)}`,
        `polling ${usd(polling)}`,
      ].join(', '),
    },
    {
      id: 'cost.dashboard', title: 'its dashboard a month, beyond the three that an account has free', unit: 'USD', counted: true,
      value: dashboards * PRICES.cloudwatch.dashboardMonth, note: '`dashboard: false` leaves it out',
    },
    {
      id: 'cost.thousand', title: 'a thousand recoveries', unit: 'USD', counted: true, value: once * 1000,
      rivals: [
        { title: 'the afternoon rotator', value: afternoonOnce * 1000 },
        { title: 'a new tunnel for each drop (price of September 2020)', value: PRICES.tunnel * 1000 },
      ],
      note: 'calls, invocations, log lines and the signal; without the secret itself',
    },
    fleet(1_000),
    fleet(10_000),
  ];
}

const usd = (value: number) => value.toFixed(2);
const invocation = (seconds: number, gigabytes: number) => PRICES.lambda.million / 1e6 + seconds * gigabytes * PRICES.lambda.gigabyteSecond;
const logs = ({ logBytes }: Counts) => (logBytes / 1e9) * PRICES.cloudwatch.logsGigabyte;
/** One MQTT message, the rule that it triggers and the rule's action. */
const signal = () => (PRICES.iot.millionMessages + PRICES.iot.millionRules + PRICES.iot.millionActions) / 1e6;
const secretForHalfADay = () => PRICES.secretsManager.secretMonth / 60;

function calls({ calls: made }: Counts): number {
  return Object.entries(made).reduce((sum, [name, times]) => sum + times * priceOf(name), 0);
}

/** Dollars a call. Calls of Secure Tunneling are free. */
function priceOf(name: string): number {
  const [service, action] = name.split(':');
  switch (service) {
    case 'sqs': return PRICES.sqs.million / 1e6;
    case 'secretsmanager': return PRICES.secretsManager.tenThousandCalls / 1e4;
    case 'events': return PRICES.eventbridge.million / 1e6;
    case 'iot': case 'iotdata': return PRICES.iot.millionMessages / 1e6;
    case 'dynamodb': return (/^(Query|Scan|GetItem)$/.test(action) ? PRICES.dynamodb.millionReads : PRICES.dynamodb.millionWrites) / 1e6;
    default: return 0;
  }
}
