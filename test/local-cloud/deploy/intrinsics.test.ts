import { DeploymentError } from '../../../local-cloud/deploy/errors';
import { resolve, type Scope } from '../../../local-cloud/deploy/intrinsics';
import { deploymentOrder } from '../../../local-cloud/deploy/order';

const scope: Scope = {
  ref: (name) => ({ 'AWS::Region': 'eu-west-1', 'Queue': 'queue-url', 'List': ['a', 'b'] } as Record<string, unknown>)[name],
  attribute: (logicalId, name) => (logicalId === 'Queue' && name === 'Arn' ? 'arn:queue' : undefined),
  condition: (name) => ({ Yes: true, No: false } as Record<string, boolean>)[name],
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
test.each([
  ['plain values', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
  ['Ref of a resource', { Ref: 'Queue' }, 'queue-url'],
  ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['AWS::NoValue', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
  ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
  ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Region' }]] }, 'a/eu-west-1'],
  ['Fn::Join of a list', { 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
  ['Fn::Sub', { 'Fn::Sub': 'x-${AWS::Region}-${Queue.Arn}-${!Literal}' }, 'x-eu-west-1-arn:queue-${Literal}'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${Own}-${Queue}', { Own: { Ref: 'AWS::Region' } }] }, 'eu-west-1-queue-url'],
  ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  ['Fn::If', { 'Fn::If': ['Yes', 'then', { Ref: 'Nowhere' }] }, 'then'],
  ['Fn::If without', { a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] } }, {}],
  ['conditions', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }] }] }, true],
])('%s', (_, value, expected) => {
  expect(resolve(value, scope, 'here')).toEqual(expected);
});

test.each([
  ['an unknown function', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  ['an unknown reference', { Ref: 'Nowhere' }, 'Nowhere'],
  ['an unknown attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, 'Colour'],
  ['an unknown condition', { 'Fn::If': ['Maybe', 1, 2] }, 'Maybe'],
  ['an unknown variable', { 'Fn::Sub': '${Nowhere}' }, 'Nowhere'],
  ['a list that is none', { 'Fn::Join': ['/', 'text'] }, 'list'],
])('%s is refused by name and place', (_, value, name) => {
  const run = () => resolve({ Properties: value }, scope, 'Bucket');
  expect(run).toThrow(DeploymentError);
  expect(run).toThrow(name);
  expect(run).toThrow('Bucket');
});

describe('the order of deployment', () => {
  test('follows references of every kind', () => {
    const order = deploymentOrder({
      A: { Properties: { x: { 'Fn::Sub': 'a-${B}' } }, DependsOn: 'E' },
      B: { Properties: { x: { 'Fn::GetAtt': ['C', 'Arn'] } } },
      C: { Properties: { x: [{ Ref: 'D' }, { Ref: 'AWS::Region' }] } },
      D: {}, E: {},
    });
    expect(order).toEqual(['E', 'D', 'C', 'B', 'A']);
  });

  test('refuses a circle by name', () => {
    expect(() => deploymentOrder({ A: { DependsOn: ['B'] }, B: { DependsOn: 'A' } })).toThrow('A -> B -> A');
  });
});
