import { readable, resource, rotatorStack } from '../synth';

describe('the signal queue', () => {
  const template = rotatorStack({ disconnectSources: [] }).template();
  const queue = (name: string) => resource(template, 'AWS::SQS::Queue', name);

  test('shows a signal again soon after its rotation crashed, and gives up after five times', () => {
    expect(readable(queue('RotatorSignalQueue').Properties)).toEqual({
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 30,
      RedrivePolicy: { deadLetterTargetArn: '${RotatorDeadLetterQueue.Arn}', maxReceiveCount: 5 },
    });
  });

  test('its dead letters stay for two weeks', () => {
    expect(queue('RotatorDeadLetterQueue').Properties).toEqual({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test.each(['RotatorSignalQueue', 'RotatorDeadLetterQueue'])('%s refuses everybody without TLS', (name) => {
    const policy = resource(template, 'AWS::SQS::QueuePolicy', `${name}Policy`).Properties;
    expect(readable(policy.PolicyDocument.Statement)).toContainEqual({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: `\${${name}.Arn}`,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });
});
