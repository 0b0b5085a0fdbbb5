import { resource, rotatorStack } from '../synth';

test('the ledger is one row a tunnel and side, encrypted, recoverable, and never forgets a row whose secret still lies somewhere', () => {
  const table = resource(rotatorStack().template(), 'AWS::DynamoDB::Table', 'RotatorLedger');

  expect(table.Properties).toEqual({
    AttributeDefinitions: [{ AttributeName: 'tunnelId', AttributeType: 'S' }, { AttributeName: 'side', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'tunnelId', KeyType: 'HASH' }, { AttributeName: 'side', KeyType: 'RANGE' }],
    BillingMode: 'PAY_PER_REQUEST',
    SSESpecification: { SSEEnabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  expect(table.DeletionPolicy).toBe('Delete');
});
