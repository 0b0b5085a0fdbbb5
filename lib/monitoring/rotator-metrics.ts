import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { METRICS } from '../runtime-contract';

/** What the metrics are about. */
export interface RotatorMetricsProps {
  readonly rotatorName: string;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
}

/**
 * Metrics of one rotator, in the namespace `TunnelTokenRotator` with the dimension `service`. Sums over five minutes, unless a
 * method says otherwise; every method takes CloudWatch's own options to change that.
 */
export class RotatorMetrics {
  /** @internal */
  public static _of(props: RotatorMetricsProps): RotatorMetrics {
    return new RotatorMetrics(props);
  }

  private constructor(private readonly props: RotatorMetricsProps) {}

  /** Milliseconds from a drop to the delivery of the fresh token: the headline. The 99th percentile. */
  public recoveryTime(options?: MetricOptions): Metric {
    return this.ours(METRICS.recoveryTime, { statistic: Stats.percentile(99), ...options });
  }

  /** Fresh tokens delivered. */
  public rotations(options?: MetricOptions): Metric {
    return this.ours(METRICS.rotations, options);
  }

  /** Signals taken off the queue, rechecks included. */
  public signals(options?: MetricOptions): Metric {
    return this.ours(METRICS.signals, options);
  }

  /** Signals that were no signals, and dropped. */
  public malformedSignals(options?: MetricOptions): Metric {
    return this.ours(METRICS.malformed, options);
  }

  /** Signals that led to no rotation, for whatever reason: most often because the source is connected. */
  public holds(options?: MetricOptions): Metric {
    return this.ours(METRICS.holds, options);
  }

  /** Rotations held because a source dropped too often. */
  public flapping(options?: MetricOptions): Metric {
    return this.ours(METRICS.flapping, options);
  }

  /** Attempts that failed. Each is tried again, five times in all. */
  public failures(options?: MetricOptions): Metric {
    return this.ours(METRICS.failures, options);
  }

  /** Attempts that failed because a policy forbade a call. */
  public accessDenied(options?: MetricOptions): Metric {
    return this.ours(METRICS.accessDenied, options);
  }

  /** Announcements that reached nobody. */
  public announcementFailures(options?: MetricOptions): Metric {
    return this.ours(METRICS.announcementFailures, options);
  }

  /** Tunnels whose secret was deleted because they ended. */
  public retiredTunnels(options?: MetricOptions): Metric {
    return this.ours(METRICS.retired, options);
  }

  /** Sweeps that ran to their end. */
  public sweeps(options?: MetricOptions): Metric {
    return this.ours(METRICS.sweeps, options);
  }

  /**
   * Seconds since the tunnel whose turn is next was looked at. The maximum. Written only while a round of the sweep takes longer than one
   * interval: whoever has no such fleet pays nothing for it.
   */
  public oldestLook(options?: MetricOptions): Metric {
    return this.ours(METRICS.oldestLook, { statistic: Stats.MAXIMUM, ...options });
  }

  /** Seconds that the oldest signal has waited. The maximum. */
  public oldestSignal(options?: MetricOptions): Metric {
    return this.props.queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, ...options });
  }

  /**
   * Signals that lay ready at the end of a minute, where they were more than were worked off in it: whoever comes next waits longer than a minute. Else
   * zero. It tells of a queue that nobody works off within minutes, where the age of the oldest signal says nothing sooner than the longest pause before
   * a recheck, which lies in the same queue.
   *
   * @param period how long "a minute" is
   */
  public backlog(period: Duration = Duration.minutes(1)): MathExpression {
    const { queue } = this.props;
    return new MathExpression({
      label: 'Signals that wait longer than a minute',
      expression: 'IF(ready > FILL(done, 0), ready, 0)',
      usingMetrics: {
        ready: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MINIMUM, period }),
        done: queue.metricNumberOfMessagesDeleted({ statistic: Stats.SUM, period }),
      },
      period,
    });
  }

  /** Signals in the dead-letter queue. The maximum. */
  public deadLetters(options?: MetricOptions): Metric {
    return this.props.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, ...options });
  }

  private ours(metricName: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: METRICS.namespace,
      metricName,
      dimensionsMap: { [METRICS.dimension]: this.props.rotatorName },
      statistic: Stats.SUM,
      period: Duration.minutes(5),
      ...options,
    });
  }
}
