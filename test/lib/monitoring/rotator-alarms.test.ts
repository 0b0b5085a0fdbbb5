import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TunnelTokenRotator } from '../../../lib';
import { readable, resource, rotatorStack } from '../synth';

const template = rotatorStack().template();
const ours = [{ Name: 'service', Value: 'Tunnels-Rotator' }];
const atLeast = (Threshold: number) => ({
  Threshold, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'notBreaching',
});
const queue = (name: string) => ({ Namespace: 'AWS/SQS', Statistic: 'Maximum', Dimensions: [{ Name: 'QueueName', Value: `\${${name}.QueueName}` }] });
const ofQueue = (Id: string, { MetricName, Stat }: { MetricName: string; Stat: string }) => ({
  Id, ReturnData: false,
  MetricStat: { Stat, Period: 60, Metric: { Namespace: 'AWS/SQS', MetricName, Dimensions: [{ Name: 'QueueName', Value: '${RotatorSignalQueue.QueueName}' }] } },
});
const counter = (MetricName: string) => ({ Namespace: 'TunnelTokenRotator', MetricName, Statistic: 'Sum', Dimensions: ours, Period: 300 });

describe('the default alarms', () => {
  test.each([
    ['DeadLetters', { ...queue('RotatorDeadLetterQueue'), MetricName: 'ApproximateNumberOfMessagesVisible', ...atLeast(1) }],
    ['Backlog', {
      ...atLeast(1), EvaluationPeriods: 5,
      Metrics: [
        { Id: 'expr_1', Expression: 'IF(ready > FILL(done, 0), ready, 0)', Label: 'Signals that wait longer than a minute' },
        ofQueue('ready', { MetricName: 'ApproximateNumberOfMessagesVisible', Stat: 'Minimum' }), ofQueue('done', { MetricName: 'NumberOfMessagesDeleted', Stat: 'Sum' }),
      ],
    }],
    ['RecoveryTime', { MetricName: 'RecoveryTime', ExtendedStatistic: 'p99', Dimensions: ours, Period: 900, ...atLeast(120_000) }],
    ['RotationFailures', { ...counter('RotationFailures'), ...atLeast(5) }],
    ['AccessDenied', { ...counter('AccessDenied'), ...atLeast(1) }],
    ['Flapping', { ...counter('RotationsHeldFlapping'), ...atLeast(1) }],
    ['SweeperNotRunning', {
      ...counter('SweepsCompleted'), Period: 60, Threshold: 0, EvaluationPeriods: 3,
      ComparisonOperator: 'LessThanOrEqualToThreshold', TreatMissingData: 'breaching',
    }],
    ['OldestLook', { MetricName: 'OldestLook', Statistic: 'Maximum', Dimensions: ours, ...atLeast(900) }],
  ])('%s', (id, properties) => {
    expect(readable(resource(template, 'AWS::CloudWatch::Alarm', `RotatorAlarms${id}`).Properties)).toMatchObject(properties);
  });

  test('link to sections that the runbook has, one each', () => {
    const sections = readFileSync(join(__dirname, '../../../docs/runbook.md'), 'utf8')
      .split('\n').filter((line) => line.startsWith('## ')).map((line) => line.slice(3).toLowerCase().replaceAll(' ', '-'));
    const linked = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
      .map(({ Properties }) => /docs\/runbook\.md#([a-z-]+)$/.exec(Properties.AlarmDescription)?.[1]);

    expect(linked).toHaveLength(8);
    expect(new Set(linked).size).toBe(8);
    expect(sections).toEqual(expect.arrayContaining(linked));
    expect(sections).toEqual(expect.arrayContaining(['the-logs', 'without-an-alarm']));
  });

  test('can be left out', () => {
    rotatorStack({ defaultAlarms: false }).template().resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test.each([[1, 60, 3], [60, 3600, 3], [720, 43200, 2]])('with a sweep every %s minutes, the sweeper is missed in time', (minutes, Period, EvaluationPeriods) => {
    const slow = rotatorStack({ sweepInterval: Duration.minutes(minutes) }).template();
    expect(resource(slow, 'AWS::CloudWatch::Alarm', 'RotatorAlarmsSweeperNotRunning').Properties).toMatchObject({ Period, EvaluationPeriods });
    expect(resource(slow, 'AWS::CloudWatch::Alarm', 'RotatorAlarmsRecoveryTime').Properties.Threshold).toBe((minutes + 1) * 60_000);
  });
});

test('every alarm takes the actions of the rotator', () => {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'Rotator', { alarmActions: [new SnsAction(new Topic(stack, 'Pager'))] });

  const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));

  expect(alarms).toHaveLength(8);
  for (const { Properties } of alarms) expect(readable(Properties.AlarmActions)).toEqual(['${Pager}']);
});

test('one alarm is changed alone', () => {
  const changed = rotatorStack({ alarmChanges: { recoveryTime: { threshold: 5_000 } } }).template().findResources('AWS::CloudWatch::Alarm');
  const asBefore = template.findResources('AWS::CloudWatch::Alarm');
  const different = Object.keys(asBefore).filter((id) => JSON.stringify(asBefore[id]) !== JSON.stringify(changed[id]));
  expect(different).toEqual([expect.stringMatching(/^RotatorAlarmsRecoveryTime/)]);
  expect(changed[different[0]].Properties.Threshold).toBe(5_000);
});

test('every alarm tells when it is over', () => {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'Rotator', { okActions: [new SnsAction(new Topic(stack, 'Pager'))] });
  const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
  for (const { Properties } of alarms) expect(readable(Properties.OKActions)).toEqual(['${Pager}']);
});

test('an alarm of your own has your threshold', () => {
  const { rotator, template: synth } = rotatorStack({ defaultAlarms: false });
  const alarm = rotator.alarms.recoveryTime('Slow', { threshold: 5_000, evaluationPeriods: 2 });

  expect(rotator.alarms.all).toEqual([alarm]);
  expect(resource(synth(), 'AWS::CloudWatch::Alarm', 'RotatorAlarmsSlow').Properties).toMatchObject({ Threshold: 5_000, EvaluationPeriods: 2 });
});

describe('the dashboard', () => {
  const body = () => readable(Object.values(template.findResources('AWS::CloudWatch::Dashboard'))[0].Properties.DashboardBody) as unknown as string;

  test('shows every metric of our own', () => {
    const { metrics } = rotatorStack().rotator;
    const all = Object.getOwnPropertyNames(Object.getPrototypeOf(metrics)).filter((name) => !['constructor', 'ours'].includes(name));
    for (const name of all) {
      const metric: { readonly metricName?: string; readonly expression?: string } = metrics[name as 'rotations']();
      expect(body()).toContain(metric.metricName ?? metric.expression);
    }
  });

  test('can be left out', () => {
    rotatorStack({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
