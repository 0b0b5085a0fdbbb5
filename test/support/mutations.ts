import type { Permission } from '../../local-cloud/calls';
import type { Statement } from '../../local-cloud/iam/policy';
import { glob } from '../../local-cloud/iam/wildcards';
import type { Asked } from './rights';

/** What nobody has any business with, but for those whose own policy names it. */
const FOREIGN = [
  'iot:OpenTunnel', 'iot:CloseTunnel', 'iot:RotateTunnelAccessToken', 'iot:DescribeTunnel', 'iot:ListTunnels', 'iot:TagResource', 'iot:UntagResource', 'iot:Connect',
  'iot:Subscribe', 'iot:Receive', 'iot:Publish', 'iot:RetainPublish', 'iot:UpdateThing', 'iot:UpdateThingShadow', 'iot:CreateTopicRule', 'iot:ReplaceTopicRule', 'iot:*',
  'secretsmanager:GetSecretValue', 'secretsmanager:BatchGetSecretValue', 'secretsmanager:UpdateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:CreateSecret',
  'secretsmanager:DeleteSecret', 'secretsmanager:UntagResource', 'secretsmanager:ListSecrets', 'secretsmanager:PutResourcePolicy', 'secretsmanager:ReplicateSecretToRegions',
  'secretsmanager:*', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Scan', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteTable',
  'dynamodb:GetRecords', 'dynamodb:ExportTableToPointInTime', 'dynamodb:*', 'sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:StartMessageMoveTask',
  'sqs:PurgeQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:AddPermission', 'sqs:*', 'events:PutEvents', 'events:PutRule', 'events:PutTargets', 'events:DeleteRule',
  'events:PutPermission', 'events:*', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule', 'iam:PassRole', 'iam:PutRolePolicy', 'sts:AssumeRole', 'kms:Decrypt',
  'kms:GenerateDataKey', 'kms:Encrypt', 'kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:*', 'lambda:InvokeFunction', 'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionConfiguration', 'logs:DeleteLogGroup', 'logs:FilterLogEvents', '*',
];

/** Calls a little beside one that was made, each of which must be denied. */
export function mutationsOf(need: Permission, statements: readonly Statement[]): Permission[] {
  const own = new Set(statements.flatMap(({ actions = [] }) => actions));
  return [
    ...FOREIGN.filter((action) => !own.has(action)).map((action) => ({ ...need, action })),
    ...(need.resource === '*' ? [] : elsewhere(need.resource).map((resource) => ({ ...need, resource }))),
    ...otherwise(need, statements),
  ];
}

/** The same resource in other hands, and its neighbours. */
function elsewhere(resource: string): string[] {
  const [arn, partition, service, region, account, ...rest] = resource.split(':');
  const name = rest.join(':');
  const at = (p: string, r: string, a: string, n: string) => [arn, p, service, r, a, n].join(':');
  const neighbours = neighboursOf(service, name).map((neighbour) => at(partition, region, account, neighbour));
  return [at(partition, region, '999999999999', name), at(partition, 'us-east-1', account, name), at('aws-cn', region, account, name), '*', ...neighbours];
}

function neighboursOf(service: string, name: string): string[] {
  switch (service) {
    case 'secretsmanager': return ['secret:another/prefix/t/source-AbCdEf', name.replace(/-\w{6}$/, '-db-AbCdEf'), name.replace(/source-\w{6}$/, 'destination-AbCdEf'), name.replace('secret:', 'secret:x')];
    case 'dynamodb': return [`${name}-other`, `${name}/index/any`, `${name}/stream/any`, 'table/other'];
    case 'sqs': return [`${name}-other`, 'other'];
    case 'events': return ['event-bus/other', `${name}-other`];
    case 'logs': return ['log-group:other:log-stream:any'];
    case 'kms': return ['key/other', name.replace('key/', 'alias/')];
    case 'lambda': return ['function:other', `${name}-other`, name.replace('function:', 'layer:')];
    case 'iot': return name.startsWith('topic/') ? otherTopics(name) : [name.replace(/^(tunnel|thing)\//, 'cert/'), name.replace(/^(tunnel|thing)\//, 'topic/')];
    default: return [];
  }
}

const otherTopics = (name: string): string[] => [
  'topic/$aws/things/pump-7/tunnels/notify', 'topic/$aws/things/pump-7/shadow/update', name.replace('topic/', 'topic/x'), `${name}/more`,
  ...['announcements', 'notify', 'jobs'].map((last) => name.replace(/[^/]+$/, last)).filter((other) => other !== name),
];

/** Of each condition key, values that a policy which asks for it should turn away. */
const OTHER_VALUES: Readonly<Record<string, readonly string[]>> = {
  'iot:ClientMode': ['SOURCE', 'DESTINATION', 'ALL', 'source', 'all', 'BOTH', ''],
  'iot:TunnelDestinationService': ['telnet', ''],
  'events:source': ['aws.iotsecuredtunneling', 'somebody.else', 'tunnel-token-rotator.more'],
  'events:detail-type': ['Source Token Rotated', 'Rotation Held', 'anything'],
  'kms:ViaService': ['s3.eu-west-1.amazonaws.com', 'secretsmanager.us-east-1.amazonaws.com'],
  'dynamodb:LeadingKeys': ['a-tunnel', '#other'],
  'secretsmanager:ResourceTag/tunnel-token-rotator:thing': ['gate-1', ''],
};

/** The same call with other condition keys, where the policy asks for them. */
function otherwise({ action, resource, context = {} }: Permission, statements: readonly Statement[]): Permission[] {
  const asked = statements.filter(({ actions = [] }) => actions.includes(action)).flatMap(({ conditions }) => Object.values(conditions));
  return Object.entries(OTHER_VALUES).flatMap(([key, values]) => {
    const allowed = asked.flatMap((keys) => keys[key] ?? []);
    if (context[key] === undefined || allowed.length === 0) return [];
    const others = values.filter((value) => !allowed.some((pattern) => glob(pattern, 'is').test(value)));
    const without = Object.fromEntries(Object.entries(context).filter(([each]) => each !== key));
    return [...others.map((value) => ({ action, resource, context: { ...context, [key]: value } })), { action, resource, context: without }];
  });
}

const STRANGER = '999999999999';

/** Whoever is not the one whom a resource's own policy lets in; and that one, for somebody else's rule, without encryption, or with another wish. */
export function strangersTo(call: Asked): Asked[] {
  const services = ['sns.amazonaws.com', 's3.amazonaws.com', 'iot.amazonaws.com'].map((name): Asked => ({ ...call, by: { type: 'Service', name } }));
  const people = [`arn:aws:iam::${STRANGER}:role/any`, `arn:aws:iam::${STRANGER}:root`].map((name): Asked => ({ ...call, by: { type: 'AWS', name } }));
  return [...services, ...people, ...(call.by.type === 'Service' ? sameServiceOtherwise(call) : [])];
}

function sameServiceOtherwise(call: Asked): Asked[] {
  const { action, resource, context = {} } = call;
  const [service] = action.split(':');
  const source = String(context['aws:SourceArn'] ?? '');
  const given = (more: object): Asked => ({ ...call, context: { ...context, ...more } });
  const otherSources = [`${source}-other`, `${source}/more`, source.replace(/\d{12}/, STRANGER), source.replace('eu-west-1', 'us-east-1'), source.replace(/[^:]+$/, 'rule/any')];
  return [
    { ...call, context: Object.fromEntries(Object.entries(context).filter(([key]) => !key.startsWith('aws:Source'))) },
    ...otherSources.map((arn) => given({ 'aws:SourceArn': arn, 'aws:SourceAccount': arn.split(':')[4] ?? '' })),
    ...FOREIGN.filter((other) => other !== action && (other === '*' || other.startsWith(`${service}:`))).map((other) => ({ ...call, action: other })),
    // Of a function's policy CloudFormation is told no resource: it is that function's own.
    ...(service === 'lambda' ? [] : elsewhere(resource).map((other) => ({ ...call, resource: other }))),
  ];
}
