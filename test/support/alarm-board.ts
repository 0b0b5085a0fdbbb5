import { runInNewContext } from 'node:vm';
import type { World } from './world';

/** What the template says of one alarm. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html */
interface Alarm {
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly ComparisonOperator: 'GreaterThanOrEqualToThreshold' | 'LessThanOrEqualToThreshold';
  readonly TreatMissingData: 'notBreaching' | 'breaching';
  readonly AlarmDescription: string;
  readonly MetricName?: string;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Metrics?: readonly { readonly Id: string; readonly Expression?: string; readonly MetricStat?: MetricStat }[];
}

interface MetricStat {
  readonly Period: number;
  readonly Stat: string;
  readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly Dimension[] };
}

interface Dimension {
  readonly Name: string;
  readonly Value: string | { readonly 'Fn::GetAtt': readonly [string, string] };
}

interface Value {
  readonly at: number;
  readonly value: number;
}

/**
 * The alarms of a deployed template, judged as CloudWatch does: the last periods of the metric, missing ones as the alarm says. What SQS would tell
 * CloudWatch once a minute is sampled here.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export class AlarmBoard {
  private readonly samples = new Map<string, Value[]>();
  private readonly done = new Map<string, number>();
  private readonly alarms: ReadonlyMap<string, Alarm>;

  constructor(private readonly world: World) {
    const resources = Object.entries(world.template.Resources as Record<string, { Type: string; Properties: unknown }>);
    this.alarms = new Map(resources.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([id, { Properties }]) => [id.replace(/^RotatorAlarms(.*)[0-9A-F]{8}$/, '$1'), Properties as Alarm]));
  }

  get names(): string[] {
    return [...this.alarms.keys()];
  }

  /**
   * Minutes pass; in each one all that is due is done, and the queues are counted.
   * @param rest milliseconds of a minute, where something of it passes inside of functions
   */
  async minutes(count: number, rest = 60_000): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      await this.world.advance(rest);
      for (const [name, queue] of this.world.cloud.queues) {
        const gone = queue.history.length - queue.peek().length;
        this.sample(name, 'ApproximateNumberOfMessagesVisible', queue.counts().visible);
        this.sample(name, 'NumberOfMessagesDeleted', gone - (this.done.get(name) ?? 0));
        this.done.set(name, gone);
      }
    }
  }

  /** Names of those that are in alarm now. */
  get ringing(): string[] {
    return this.names.filter((name) => this.rings(this.alarms.get(name)!));
  }

  /** The section of the runbook to which an alarm's description leads. */
  section(name: string): string {
    return /#([\w-]+)$/.exec(this.alarms.get(name)!.AlarmDescription)![1];
  }

  private rings(alarm: Alarm): boolean {
    const { Threshold, EvaluationPeriods, ComparisonOperator, TreatMissingData } = alarm;
    const breaches = (value: number | undefined) => {
      if (value === undefined) return TreatMissingData === 'breaching';
      return ComparisonOperator === 'GreaterThanOrEqualToThreshold' ? value >= Threshold : value <= Threshold;
    };
    return Array.from({ length: EvaluationPeriods }, (_, back) => this.valueOf(alarm, back)).every(breaches);
  }

  private valueOf({ Metrics, MetricName = '', Period = 0, Statistic, ExtendedStatistic, Dimensions = [] }: Alarm, back: number): number | undefined {
    if (!Metrics) return this.statistic(MetricName, Dimensions, Statistic ?? ExtendedStatistic ?? '', Period, back);
    const known = Object.fromEntries(Metrics.flatMap(({ Id, MetricStat }) => (MetricStat
      ? [[Id, this.statistic(MetricStat.Metric.MetricName, MetricStat.Metric.Dimensions, MetricStat.Stat, MetricStat.Period, back)]] : [])));
    if (Object.values(known).includes(undefined)) return undefined;
    const expression = Metrics.find(({ Expression }) => Expression)!.Expression!;
    return Number(runInNewContext(expression, { ...known, IF: (a: unknown, b: number, c: number) => (a ? b : c), FILL: (a: number | undefined, b: number) => a ?? b }));
  }

  /** Of the period that ended `back` periods ago. Undefined: there is no value. */
  private statistic(name: string, dimensions: readonly Dimension[], statistic: string, period: number, back: number): number | undefined {
    const until = this.world.now() - back * period * 1000;
    const values = this.values(name, dimensions).filter(({ at }) => at > until - period * 1000 && at <= until).map(({ value }) => value).sort((a, b) => a - b);
    if (values.length === 0) return undefined;
    const percentile = /^p(\d+)$/.exec(statistic)?.[1];
    if (percentile) return values[Math.ceil(values.length * Number(percentile) / 100) - 1];
    return { Sum: values.reduce((sum, value) => sum + value, 0), Maximum: values.at(-1), Minimum: values[0] }[statistic];
  }

  private values(name: string, [{ Value: value }]: readonly Dimension[]): readonly Value[] {
    if (typeof value === 'string') return this.world.cloud.metrics.values(name, { dimensions: { service: value } });
    const { physicalId } = this.world.deployment.resources.find(({ logicalId }) => logicalId === value['Fn::GetAtt'][0])!;
    return this.samples.get(`${physicalId.split('/').at(-1)} ${name}`) ?? [];
  }

  private sample(queue: string, metric: string, value: number): void {
    const key = `${queue} ${metric}`;
    this.samples.set(key, [...this.samples.get(key) ?? [], { at: this.world.now(), value }]);
  }
}
