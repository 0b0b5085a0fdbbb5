import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, IAlarmAction, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { RotatorMetrics } from './rotator-metrics';

/** Options of one alarm. */
export interface RotatorAlarmProps {
  /**
   * The value at which the alarm goes off.
   *
   * @default - see the alarm
   */
  readonly threshold?: number;

  /**
   * How many periods in a row must reach the threshold.
   *
   * @default - see the alarm
   */
  readonly evaluationPeriods?: number;

  /**
   * What happens when the alarm goes off.
   *
   * @default - the `alarmActions` of the rotator
   */
  readonly actions?: IAlarmAction[];

  /**
   * What happens when the alarm is over.
   *
   * @default - the `okActions` of the rotator
   */
  readonly okActions?: IAlarmAction[];
}

/** Changes to single alarms of the default set; the others stay as they are. */
export interface DefaultAlarmProps {
  /** @default - see `RotatorAlarms.deadLetters` */
  readonly deadLetters?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.backlog` */
  readonly backlog?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.recoveryTime` */
  readonly recoveryTime?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.rotationFailures` */
  readonly rotationFailures?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.accessDenied` */
  readonly accessDenied?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.flapping` */
  readonly flapping?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.sweeperNotRunning` */
  readonly sweeperNotRunning?: RotatorAlarmProps;
  /** @default - see `RotatorAlarms.oldestLook` */
  readonly oldestLook?: RotatorAlarmProps;
}

/** What the alarms need to know. */
export interface RotatorAlarmsProps {
  readonly metrics: RotatorMetrics;
  readonly sweepInterval: Duration;
  readonly grace?: Duration;
  readonly actions: IAlarmAction[];
  readonly okActions: IAlarmAction[];
}

interface Condition {
  readonly metric: IMetric;
  readonly threshold: number;
  readonly evaluationPeriods?: number;
  readonly comparisonOperator?: ComparisonOperator;
  readonly treatMissingData?: TreatMissingData;
  /** What it means, in half a sentence. */
  readonly meaning: string;
  /** Section of the runbook. */
  readonly section: string;
}

const RUNBOOK = 'https://github.com/tunnel-token-rotator/cdk-tunnel-token-rotator/blob/main/docs/runbook.md';

/**
 * Alarms of one rotator. The description of each links to the section of the runbook that says what to do. The default set has
 * one of each kind; a method creates one more, for example with another threshold.
 *
 * @see https://github.com/tunnel-token-rotator/cdk-tunnel-token-rotator/blob/main/docs/runbook.md
 * @exampleMetadata fixture=in-stack
 * @example
 * // Where every client signals with proof, ten seconds are a long time.
 * rotator.alarms.recoveryTime('SlowRecovery', { threshold: Duration.seconds(10).toMilliseconds() });
 */
export class RotatorAlarms extends Construct {
  /** @internal */
  public static _in(rotator: Construct, props: RotatorAlarmsProps): RotatorAlarms {
    return new RotatorAlarms(rotator, 'Alarms', props);
  }

  private readonly created: Alarm[] = [];

  private constructor(scope: Construct, id: string, private readonly props: RotatorAlarmsProps) {
    super(scope, id);
  }

  /** All alarms so far. */
  public get all(): Alarm[] {
    return [...this.created];
  }

  /** A signal failed five times, or could not be sent to the queue. From one on. */
  public deadLetters(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.deadLetters(),
      threshold: 1,
      meaning: 'Signals ended up in the dead-letter queue',
      section: 'dead-letters',
    });
  }

  /** For five minutes in a row more signals lay ready than were worked off in a minute: nobody takes them, or too few do. */
  public backlog(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.backlog(),
      threshold: 1,
      evaluationPeriods: 5,
      meaning: 'Signals wait too long for the rotator',
      section: 'backlog',
    });
  }

  /** Of the sides that dropped, one in a hundred waited longer for its fresh token than the sweep interval, the grace and a minute. */
  public recoveryTime(id: string, props?: RotatorAlarmProps): Alarm {
    const { metrics, sweepInterval, grace = Duration.seconds(0) } = this.props;
    return this.create(id, props, {
      metric: metrics.recoveryTime({ period: Duration.minutes(15) }),
      threshold: sweepInterval.plus(grace).plus(Duration.minutes(1)).toMilliseconds(),
      meaning: 'Sources wait too long for a fresh token after a drop',
      section: 'recovery-time',
    });
  }

  /** Five attempts failed within five minutes: as many as one signal has. */
  public rotationFailures(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.failures(),
      threshold: 5,
      meaning: 'Attempts to look at tunnels or rotate their tokens fail',
      section: 'rotation-failures',
    });
  }

  /** A policy forbade a call. From one on, because it does not heal by itself. */
  public accessDenied(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.accessDenied(),
      threshold: 1,
      meaning: 'A policy forbids the rotator a call that it needs',
      section: 'access-denied',
    });
  }

  /** A source dropped so often that its rotations are held back. From one on. */
  public flapping(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.flapping(),
      threshold: 1,
      meaning: 'A source drops so often that its rotations are held back',
      section: 'flapping',
    });
  }

  /** No sweep ran to its end for three intervals. */
  public sweeperNotRunning(id: string, props?: RotatorAlarmProps): Alarm {
    const { metrics, sweepInterval } = this.props;
    return this.create(id, props, {
      metric: metrics.sweeps({ period: sweepInterval }),
      threshold: 0,
      // CloudWatch looks back a day at most.
      evaluationPeriods: Math.min(3, Math.floor(Duration.days(1).toMinutes() / sweepInterval.toMinutes())),
      comparisonOperator: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      meaning: 'No sweep ran to its end, so drops that nobody signals stay unnoticed',
      section: 'sweeper-not-running',
    });
  }

  /** A tunnel was not looked at for fifteen minutes, because the sweep has more of them than its pace allows. A drop that nobody signals waits so long. */
  public oldestLook(id: string, props?: RotatorAlarmProps): Alarm {
    return this.create(id, props, {
      metric: this.props.metrics.oldestLook(),
      threshold: 900,
      meaning: 'Sweeps take so long that drops which nobody signals stay unnoticed for a quarter of an hour',
      section: 'oldest-look',
    });
  }

  /** @internal */
  _createDefaults(sweepEnabled: boolean, changes: DefaultAlarmProps = {}): void {
    this.deadLetters('DeadLetters', changes.deadLetters);
    this.backlog('Backlog', changes.backlog);
    this.recoveryTime('RecoveryTime', changes.recoveryTime);
    this.rotationFailures('RotationFailures', changes.rotationFailures);
    this.accessDenied('AccessDenied', changes.accessDenied);
    this.flapping('Flapping', changes.flapping);
    if (!sweepEnabled) return;
    this.sweeperNotRunning('SweeperNotRunning', changes.sweeperNotRunning);
    this.oldestLook('OldestLook', changes.oldestLook);
  }

  private create(id: string, props: RotatorAlarmProps | undefined, { meaning, section, ...condition }: Condition): Alarm {
    const alarm = new Alarm(this, id, {
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...condition,
      ...(props?.threshold !== undefined && { threshold: props.threshold }),
      ...(props?.evaluationPeriods !== undefined && { evaluationPeriods: props.evaluationPeriods }),
      alarmDescription: `${meaning}. What to do: ${RUNBOOK}#${section}`,
    });
    // One by one, because older versions of the CDK write a list down that is empty.
    for (const action of props?.actions ?? this.props.actions) alarm.addAlarmAction(action);
    for (const action of props?.okActions ?? this.props.okActions) alarm.addOkAction(action);
    this.created.push(alarm);
    return alarm;
  }
}
