import { evaluate, evaluateTogether, type Verdict } from '../../../local-cloud/iam/evaluate';
import { parsePolicy, PolicyError } from '../../../local-cloud/iam/policy';
import { globalContext } from '../../../local-cloud/iam/roles';
import { HOME } from '../../../local-cloud/place';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const CALLER = 'arn:aws:iam::123456789012:role/rotator';

interface Row {
  readonly name: string;
  readonly statement: object | readonly object[];
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | readonly string[]>;
  readonly verdict: Verdict;
}

function judge({ statement, action, resource, context = {} }: Omit<Row, 'name' | 'verdict'>): Verdict {
  return evaluate(parsePolicy({ Version: '2012-10-17', Statement: statement }), {
    action, resource, context: globalContext(CALLER, { place: HOME, now: NOW }, context), principal: { type: 'AWS', name: CALLER },
  });
}

const TUNNEL = 'arn:aws:iot:eu-west-1:123456789012:tunnel/5a2f';
const rotateSource = {
  Effect: 'Allow', Action: 'iot:RotateTunnelAccessToken', Resource: 'arn:aws:iot:eu-west-1:123456789012:tunnel/*',
  Condition: { 'ForAnyValue:StringEquals': { 'iot:ClientMode': ['SOURCE'] } },
};
const condition = (Condition: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', Condition });
const any = { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' };

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and the pages on the elements
const ROWS: readonly Row[] = [
  // the evaluation order
  { name: 'nothing said is nothing allowed', statement: [], action: 'iot:CloseTunnel', resource: TUNNEL, verdict: 'not-allowed' },
  { name: 'an allow allows', statement: rotateSource, action: 'iot:RotateTunnelAccessToken', resource: TUNNEL, context: { 'iot:ClientMode': 'SOURCE' }, verdict: 'allowed' },
  {
    name: 'an explicit deny wins over an allow',
    statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'iot:CloseTunnel', Resource: '*' }],
    action: 'iot:CloseTunnel', resource: TUNNEL, verdict: 'denied',
  },
  {
    name: 'a deny whose condition does not hold is no deny',
    statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    action: 'sqs:SendMessage', resource: '*', verdict: 'allowed',
  },
  // Action and NotAction
  { name: 'action names ignore case', statement: { Effect: 'Allow', Action: 'SQS:sendmessage', Resource: '*' }, action: 'sqs:SendMessage', resource: '*', verdict: 'allowed' },
  { name: 'a wildcard in an action', statement: { Effect: 'Allow', Action: 'iam:*AccessKey*', Resource: '*' }, action: 'iam:ListAccessKeys', resource: '*', verdict: 'allowed' },
  { name: 'a wildcard stays in its service', statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' }, action: 'sqs:SendMessage', resource: '*', verdict: 'not-allowed' },
  { name: 'NotAction allows everything else', statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, action: 's3:GetObject', resource: '*', verdict: 'allowed' },
  { name: 'NotAction does not allow what it names', statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, action: 'iam:CreateUser', resource: '*', verdict: 'not-allowed' },
  // Resource and NotResource
  { name: 'a star spans slashes', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/*/test/*' }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/1/2/test/3/object.jpg', verdict: 'allowed' },
  { name: 'a star needs the text around it', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/*/test/*' }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/1-test/object.jpg', verdict: 'not-allowed' },
  { name: 'a question mark is one character', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-??????' }, action: 'secretsmanager:GetSecretValue', resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-Xy12zZ', verdict: 'allowed' },
  { name: 'a question mark is not two', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:iam::123456789012:user/?' }, action: 'iam:GetUser', resource: 'arn:aws:iam::123456789012:user/ab', verdict: 'not-allowed' },
  { name: 'resource names keep their case', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:iam::123456789012:user/Bob' }, action: 'iam:GetUser', resource: 'arn:aws:iam::123456789012:user/bob', verdict: 'not-allowed' },
  { name: 'NotResource leaves out what it names', statement: { Effect: 'Deny', Action: 's3:*', NotResource: ['arn:aws:s3:::HRBucket/Payroll', 'arn:aws:s3:::HRBucket/Payroll/*'] }, action: 's3:GetObject', resource: 'arn:aws:s3:::HRBucket/Payroll/june', verdict: 'not-allowed' },
  { name: 'NotResource catches all others', statement: { Effect: 'Deny', Action: 's3:*', NotResource: ['arn:aws:s3:::HRBucket/Payroll'] }, action: 's3:GetObject', resource: 'arn:aws:s3:::other/key', verdict: 'denied' },
  { name: 'a dot is a dot', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::a.b' }, action: 's3:GetObject', resource: 'arn:aws:s3:::axb', verdict: 'not-allowed' },
  // policy variables
  { name: 'a variable is the request\'s value', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/bob/1', context: { 'aws:username': 'bob' }, verdict: 'allowed' },
  { name: 'a variable without value cannot match', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket//1', verdict: 'not-allowed' },
  { name: 'a variable may have a default', statement: { Effect: 'Allow', Action: '*', Resource: "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'company-wide'}/*" }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/company-wide/1', verdict: 'allowed' },
  { name: '${*} is a star, not a wildcard', statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/${*}' }, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/anything', verdict: 'not-allowed' },
  // several operators, keys and values: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
  { name: 'values of one key are joined by or', statement: condition({ StringEquals: { 'aws:PrincipalTag/department': ['finance', 'hr', 'legal'] } }), ...any, context: { 'aws:PrincipalTag/department': 'hr' }, verdict: 'allowed' },
  { name: 'keys are joined by and', statement: condition({ StringEquals: { 'aws:PrincipalTag/department': 'hr', 'aws:PrincipalTag/role': 'audit' } }), ...any, context: { 'aws:PrincipalTag/department': 'hr', 'aws:PrincipalTag/role': 'other' }, verdict: 'not-allowed' },
  { name: 'operators are joined by and', statement: condition({ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' }, Bool: { 'aws:SecureTransport': 'true' } }), ...any, verdict: 'allowed' },
  { name: 'values of a negated operator are joined by nor', statement: condition({ StringNotEquals: { 'aws:PrincipalTag/team': ['red', 'blue'] } }), ...any, context: { 'aws:PrincipalTag/team': 'blue' }, verdict: 'not-allowed' },
  // string operators
  { name: 'StringEquals keeps case', statement: condition({ StringEquals: { k: 'JohnDoe' } }), ...any, context: { k: 'johndoe' }, verdict: 'not-allowed' },
  { name: 'StringEquals knows no wildcards', statement: condition({ StringEquals: { k: 'a*' } }), ...any, context: { k: 'abc' }, verdict: 'not-allowed' },
  { name: 'StringEqualsIgnoreCase', statement: condition({ StringEqualsIgnoreCase: { k: 'JohnDoe' } }), ...any, context: { k: 'johndoe' }, verdict: 'allowed' },
  { name: 'StringLike knows wildcards', statement: condition({ StringLike: { k: 'home/${aws:username}/*' } }), ...any, context: { 'k': 'home/bob/x', 'aws:username': 'bob' }, verdict: 'allowed' },
  { name: 'StringNotLike', statement: condition({ StringNotLike: { k: 'a*' } }), ...any, context: { k: 'abc' }, verdict: 'not-allowed' },
  { name: 'keys ignore case', statement: condition({ StringEquals: { 'AWS:REQUESTEDREGION': 'eu-west-1' } }), ...any, verdict: 'allowed' },
  { name: 'an absent key fails a plain operator', statement: condition({ StringEquals: { k: 'v' } }), ...any, verdict: 'not-allowed' },
  { name: 'an absent key passes a negated operator', statement: condition({ StringNotEquals: { k: 'v' } }), ...any, verdict: 'allowed' },
  { name: 'an absent key passes IfExists', statement: condition({ StringEqualsIfExists: { k: 'v' } }), ...any, verdict: 'allowed' },
  { name: 'a wrong value fails IfExists', statement: condition({ StringEqualsIfExists: { k: 'v' } }), ...any, context: { k: 'w' }, verdict: 'not-allowed' },
  // numbers, dates, Bool, Null
  { name: 'NumericLessThanEquals', statement: condition({ NumericLessThanEquals: { 's3:max-keys': '10' } }), ...any, context: { 's3:max-keys': '10' }, verdict: 'allowed' },
  { name: 'numbers that are none match nothing', statement: condition({ NumericEquals: { k: '1' } }), ...any, context: { k: 'one' }, verdict: 'not-allowed' },
  { name: 'DateGreaterThan', statement: condition({ DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }), ...any, verdict: 'allowed' },
  { name: 'DateLessThan with an epoch', statement: condition({ DateLessThan: { 'aws:EpochTime': '1700000000' } }), ...any, verdict: 'not-allowed' },
  { name: 'Bool', statement: condition({ Bool: { 'aws:SecureTransport': 'true' } }), ...any, verdict: 'allowed' },
  { name: 'Null true wants the key absent', statement: condition({ Null: { 'aws:TokenIssueTime': 'true' } }), ...any, verdict: 'allowed' },
  { name: 'Null false wants the key present', statement: condition({ Null: { 'aws:TokenIssueTime': 'false' } }), ...any, verdict: 'not-allowed' },
  // ARNs
  { name: 'ArnLike compares part by part', statement: condition({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:123456789012:*' } }), ...any, context: { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:123456789012:topic' }, verdict: 'allowed' },
  { name: 'a star in one part does not reach into the next', statement: condition({ ArnLike: { 'aws:SourceArn': 'arn:aws:*:topic' } }), ...any, context: { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:123456789012:topic' }, verdict: 'not-allowed' },
  { name: 'ArnEquals behaves like ArnLike', statement: condition({ ArnEquals: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/*' } }), ...any, context: { 'aws:SourceArn': 'arn:aws:events:eu-west-1:123456789012:rule/r' }, verdict: 'allowed' },
  { name: 'ArnNotEquals', statement: condition({ ArnNotEquals: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/*' } }), ...any, context: { 'aws:SourceArn': 'arn:aws:events:eu-west-1:123456789012:rule/r' }, verdict: 'not-allowed' },
  // sets: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
  { name: 'ForAllValues: every value must be among them', statement: condition({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['environment', 'cost-center'] } }), ...any, context: { 'aws:TagKeys': ['environment', 'other'] }, verdict: 'not-allowed' },
  { name: 'ForAllValues: a subset is fine', statement: condition({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['environment', 'cost-center'] } }), ...any, context: { 'aws:TagKeys': ['environment'] }, verdict: 'allowed' },
  { name: 'ForAllValues is true when the key is absent', statement: condition({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['environment'] } }), ...any, verdict: 'allowed' },
  { name: 'ForAnyValue: one value is enough', statement: condition({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['environment'] } }), ...any, context: { 'aws:TagKeys': ['other', 'environment'] }, verdict: 'allowed' },
  { name: 'ForAnyValue is false when the key is absent', statement: condition({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['environment'] } }), ...any, verdict: 'not-allowed' },
  { name: 'Rotate with the wrong client mode', statement: rotateSource, action: 'iot:RotateTunnelAccessToken', resource: TUNNEL, context: { 'iot:ClientMode': 'ALL' }, verdict: 'not-allowed' },
  { name: 'Rotate in another region', statement: rotateSource, action: 'iot:RotateTunnelAccessToken', resource: 'arn:aws:iot:us-east-1:123456789012:tunnel/5a2f', context: { 'iot:ClientMode': 'SOURCE' }, verdict: 'not-allowed' },
];

test.each(ROWS)('$name', ({ verdict, ...request }) => {
  expect(judge(request)).toBe(verdict);
});

describe('a resource\'s own policy', () => {
  const request = {
    action: 'sqs:SendMessage', resource: 'arn:aws:sqs:eu-west-1:123456789012:q',
    context: globalContext('events.amazonaws.com', { place: HOME, now: NOW }, { 'aws:SourceArn': 'arn:aws:events:eu-west-1:123456789012:rule/r' }),
    principal: { type: 'Service' as const, name: 'events.amazonaws.com' },
  };
  const forEvents = (source: string) => parsePolicy({
    Statement: {
      Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*',
      Condition: { ArnEquals: { 'aws:SourceArn': source } },
    },
  });

  test.each([
    ['allows the service that it names', forEvents('arn:aws:events:eu-west-1:123456789012:rule/r'), 'allowed'],
    ['keeps out other sources', forEvents('arn:aws:events:eu-west-1:123456789012:rule/other'), 'not-allowed'],
    ['keeps out other principals', parsePolicy({ Statement: { Effect: 'Allow', Principal: { Service: 'iot.amazonaws.com' }, Action: '*', Resource: '*' } }), 'not-allowed'],
    ['may deny everybody', parsePolicy({ Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' } }), 'denied'],
    ['means everybody by a star among AWS principals as well', parsePolicy({ Statement: { Effect: 'Deny', Principal: { AWS: '*' }, Action: '*', Resource: '*' } }), 'denied'],
  ] as const)('%s', (_, policy, verdict) => {
    expect(evaluateTogether([], policy, request)).toBe(verdict);
  });

  test('an account stands for all of its principals', () => {
    const policy = parsePolicy({ Statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: '*', Resource: '*' } });
    expect(evaluateTogether([], policy, { ...request, principal: { type: 'AWS', name: CALLER } })).toBe('allowed');
  });
});

describe('what is not known is refused, not guessed', () => {
  test.each([
    ['an operator', { Effect: 'Allow', Action: '*', Resource: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }, 'IpAddress'],
    ['a set operator', { Effect: 'Allow', Action: '*', Resource: '*', Condition: { 'ForSome:StringEquals': { k: 'v' } } }, 'ForSome'],
    ['an element', { Effect: 'Allow', Action: '*', Resource: '*', NotPrincipal: '*' }, 'NotPrincipal'],
    ['an effect', { Effect: 'Maybe', Action: '*', Resource: '*' }, 'Maybe'],
    ['neither Action nor NotAction', { Effect: 'Allow', Resource: '*' }, 'NotAction'],
  ])('%s', (_, statement, name) => {
    const run = () => judge({ statement, ...any, context: { 'aws:SourceIp': '10.1.1.1' } });
    expect(run).toThrow(PolicyError);
    expect(run).toThrow(name);
  });
});
