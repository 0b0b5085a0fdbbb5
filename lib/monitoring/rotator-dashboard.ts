import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, IAlarm, IMetric, IWidget, SingleValueWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RotatorMetrics } from './rotator-metrics';

export interface RotatorDashboardProps {
  readonly metrics: RotatorMetrics;
  readonly alarms: IAlarm[];
  readonly rotatorFunction: IFunction;
  readonly sweeperFunction: IFunction;
}

/** One page that answers: do sources come back, how fast, and if not, why. */
export class RotatorDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { metrics, alarms, rotatorFunction, sweeperFunction }: RotatorDashboardProps) {
    super(scope, id, { defaultInterval: Duration.hours(12) });

    if (alarms.length > 0) this.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms, width: 24, height: 3 }));
    this.addWidgets(
      new SingleValueWidget({
        title: 'Recoveries',
        metrics: [metrics.rotations({ label: 'Tokens delivered' }), metrics.recoveryTime({ label: 'Recovery time p99 (ms)' })],
        setPeriodToTimeRange: true,
        width: 8,
        height: 6,
      }),
      graph('Recovery time (ms)', [
        metrics.recoveryTime({ statistic: Stats.percentile(50), label: 'p50' }),
        metrics.recoveryTime({ label: 'p99' }),
      ]),
      graph('Signals', [
        metrics.signals({ label: 'Received' }), metrics.rotations({ label: 'Rotated' }),
        metrics.holds({ label: 'Held' }), metrics.malformedSignals({ label: 'Malformed' }),
      ]),
    );
    this.addWidgets(
      graph('Trouble', [
        metrics.failures({ label: 'Failures' }), metrics.accessDenied({ label: 'Access denied' }),
        metrics.flapping({ label: 'Flapping' }), metrics.announcementFailures({ label: 'Announcements failed' }),
      ]),
      graph('Queue', [metrics.oldestSignal({ label: 'Oldest signal (s)' }), metrics.backlog(), metrics.deadLetters({ label: 'Dead letters' })]),
      graph('Sweeps', [
        metrics.sweeps({ label: 'Completed' }), metrics.oldestLook({ label: 'Oldest look (s)' }),
        metrics.retiredTunnels({ label: 'Tunnels retired' }),
      ]),
    );
    this.addWidgets(...[rotatorFunction, sweeperFunction].map((handler, index) => graph(
      ['Rotator function', 'Sweeper function'][index],
      [
        handler.metricDuration({ statistic: Stats.percentile(99), label: 'Duration p99 (ms)' }),
        handler.metricErrors({ label: 'Errors' }), handler.metricThrottles({ label: 'Throttles' }),
      ],
      12,
    )));
  }
}

const graph = (title: string, left: IMetric[], width = 8): IWidget => new GraphWidget({ title, left, width, height: 6, leftYAxis: { min: 0 } });
