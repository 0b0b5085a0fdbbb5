import { Duration } from 'aws-cdk-lib';
import { readable, resource, rotatorStack, statements } from '../synth';

describe('the sweeper function', () => {
  const template = rotatorStack().template();

  test('may do exactly this', () => {
    expect(statements(template, 'RotatorSweeperRole')).toEqual([
      { Sid: 'UseLedger', Effect: 'Allow', Action: ['dynamodb:Query', 'dynamodb:Scan'], Resource: '${RotatorLedger.Arn}' },
      { Sid: 'ListTunnels', Effect: 'Allow', Action: 'iot:ListTunnels', Resource: '*' },
      {
        Sid: 'ObserveTunnels',
        Effect: 'Allow',
        Action: 'iot:DescribeTunnel',
        Resource: 'arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:tunnel/*',
      },
      {
        Sid: 'KeepThePlace',
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        Resource: '${RotatorLedger.Arn}',
        Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['#sweep'] }, Null: { 'dynamodb:LeadingKeys': 'false' } },
      },
      { Sid: 'SendSignals', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '${RotatorSignalQueue.Arn}' },
      { Sid: 'WriteLog', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '${RotatorSweeperLogs.Arn}' },
    ]);
  });

  test('ends before the next sweep begins', () => {
    expect(readable(resource(template, 'AWS::Lambda::Function', 'RotatorSweeperFunction').Properties)).toMatchObject({
      Timeout: 55,
      Environment: {
        Variables: {
          ROTATOR_NAME: 'Tunnels-Rotator',
          LEDGER_TABLE: '${RotatorLedger}',
          SIGNAL_QUEUE_URL: '${RotatorSignalQueue}',
          SWEEP_CALLS_PER_SECOND: '10',
          POLICY: '{"clientModes":["SOURCE"],"scope":{},"grace":0,"budget":{"burst":10,"refill":480000},"redirection":false}',
        },
      },
    });
  });

  test('is not run again when it failed: the next sweep looks at everything anew', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  });

  test('is missed when its schedule cannot reach it', () => {
    const { Target, ...schedule } = readable(resource(template, 'AWS::Scheduler::Schedule', 'RotatorSweeperScheduleSweep').Properties);
    expect(schedule).toEqual({
      Description: 'Sweeps all open tunnels', GroupName: '${RotatorSweeperScheduleGroup}',
      ScheduleExpression: 'rate(1 minute)', FlexibleTimeWindow: { Mode: 'OFF' }, State: 'ENABLED',
    });
    expect(Target).toEqual({
      Arn: '${RotatorSweeperFunction.Arn}',
      RoleArn: '${RotatorSweeperScheduleRole.Arn}',
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: { Arn: '${RotatorDeadLetterQueue.Arn}' },
    });
  });

  test('is called as a role that may do nothing else, and that schedules of this very group alone can take on', () => {
    expect(statements(template, 'RotatorSweeperScheduleRole')).toEqual([
      { Sid: 'CallSweeper', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '${RotatorSweeperFunction.Arn}' },
      { Sid: 'KeepWhatFailed', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '${RotatorDeadLetterQueue.Arn}' },
    ]);
    expect(readable(resource(template, 'AWS::IAM::Role', 'RotatorSweeperScheduleRole').Properties.AssumeRolePolicyDocument.Statement)).toEqual([{
      Effect: 'Allow',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: {
        ArnEquals: { 'aws:SourceArn': '${RotatorSweeperScheduleGroup.Arn}' },
        StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
      },
    }]);
    template.resourceCountIs('AWS::Scheduler::Schedule', 1);
    template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  test.each([
    [undefined, 'rate(1 minute)'],
    [Duration.minutes(1), 'rate(1 minute)'],
    [Duration.seconds(300), 'rate(5 minutes)'],
    [Duration.hours(1), 'rate(1 hour)'],
  ])('with the interval %s it runs at %s', (sweepInterval, ScheduleExpression) => {
    rotatorStack({ sweepInterval }).template().hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression, State: 'ENABLED' });
  });

  test.each([
    [Duration.seconds(30), '30 seconds'],
    [Duration.seconds(90), '1 minute 30 seconds'],
    [Duration.millis(500), '500 millis'],
    [Duration.minutes(0), '0 minutes'],
    [Duration.hours(13), '13 hours'],
  ])('the interval %s is refused', (sweepInterval, shown) => {
    expect(() => rotatorStack({ sweepInterval })).toThrow(
      'sweepInterval must be a whole number of minutes, because EventBridge schedules no finer, from 1 minute to 12 hours, '
      + `because a tunnel lives no longer, but is ${shown}`,
    );
  });
});
