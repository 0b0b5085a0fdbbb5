import { rotatorStack, resource, readable, statements } from '../synth';

const ARN = 'arn:${AWS::Partition}:%:${AWS::Region}:${AWS::AccountId}:';
const arn = (service: string, resourceName: string) => ARN.replace('%', service) + resourceName;
const allow = (Sid: string, Action: string | string[], Resource: string | string[], Condition?: object) =>
  ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });

describe('the rotator function', () => {
  const template = rotatorStack({ secretPrefix: 'acme/tokens' }).template();

  test('may do exactly this', () => {
    expect(statements(template, 'RotatorRole')).toEqual([
      allow('UseLedger', ['dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], '${RotatorLedger.Arn}'),
      allow('TakeSignalsAndRecheck', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'], '${RotatorSignalQueue.Arn}'),
      allow('DeliverSourceTokens', [
        'secretsmanager:DescribeSecret', 'secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret', 'secretsmanager:RestoreSecret',
          'secretsmanager:TagResource',
      ], ['source', 'source-??????'].map((end) => arn('secretsmanager', `secret:acme/tokens/*/${end}`))),
      allow('ObserveTunnels', 'iot:DescribeTunnel', arn('iot', 'tunnel/*')),
      allow('RotateSourceTokens', 'iot:RotateTunnelAccessToken', arn('iot', 'tunnel/*'), { StringEqualsIgnoreCase: { 'iot:ClientMode': ['SOURCE'] } }),
      allow('AnnounceOnEventBus', 'events:PutEvents', arn('events', 'event-bus/default'), { StringEquals: { 'events:source': 'tunnel-token-rotator' } }),
      allow('AnnounceOverMqtt', 'iot:Publish', arn('iot', 'topic/tunnels/*/announcements')),
      allow('WriteLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], '${RotatorLogs.Arn}'),
    ]);
  });

  test('has no policy but its own', () => {
    expect(resource(template, 'AWS::IAM::Role', 'RotatorRole').Properties).not.toHaveProperty('ManagedPolicyArns');
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  });

  test('runs the shipped bundle', () => {
    expect(readable(resource(template, 'AWS::Lambda::Function', 'RotatorFunction').Properties)).toMatchObject({
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: 20,
      Role: '${RotatorRole.Arn}',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '${RotatorLogs}' },
      Environment: {
        Variables: {
          ROTATOR_NAME: 'Tunnels-Rotator',
          LEDGER_TABLE: '${RotatorLedger}',
          SIGNAL_QUEUE_URL: '${RotatorSignalQueue}',
          SECRET_PREFIX: 'acme/tokens',
          STACK_NAME: 'Tunnels',
          POLICY: '{"clientModes":["SOURCE"],"scope":{},"grace":0,"budget":{"burst":10,"refill":480000},"redirection":false}',
          ANNOUNCEMENT_BUS: 'default',
          ANNOUNCEMENT_TOPIC_PREFIX: 'tunnels',
        },
      },
    });
  });

  test('takes signals in small batches, a few at a time, and gives back only those that failed', () => {
    expect(readable(resource(template, 'AWS::Lambda::EventSourceMapping', 'RotatorSignals').Properties)).toEqual({
      EventSourceArn: '${RotatorSignalQueue.Arn}',
      FunctionName: '${RotatorFunction}',
      BatchSize: 5,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('logs for a month', () => {
    expect(resource(template, 'AWS::Logs::LogGroup', 'RotatorLogs').Properties).toEqual({ RetentionInDays: 30 });
  });
});
