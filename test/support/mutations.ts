import type { Permission } from '../../local-cloud/calls';
import type { Statement } from '../../local-cloud/iam/policy';

/** What no role of the stack has any business with. */
const FOREIGN = [
  'iot:OpenTunnel', 'iot:CloseTunnel', 'iot:TagResource', 'iot:UntagResource', 'iot:Connect', 'iot:Subscribe', 'iot:Receive', 'iot:RetainPublish', 'iot:UpdateThing',
  'iot:CreateTopicRule', 'iot:ReplaceTopicRule', 'iot:*', 'secretsmanager:GetSecretValue', 'secretsmanager:BatchGetSecretValue', 'secretsmanager:UpdateSecret',
  'secretsmanager:PutResourcePolicy', 'secretsmanager:ReplicateSecretToRegions', 'secretsmanager:*', 'dynamodb:PutItem', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteTable',
  'dynamodb:GetRecords', 'dynamodb:ExportTableToPointInTime', 'dynamodb:*', 'sqs:PurgeQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:AddPermission', 'sqs:*',
  'events:PutRule', 'events:PutTargets', 'events:DeleteRule', 'events:PutPermission', 'events:*', 'iam:PassRole', 'sts:AssumeRole', 'kms:Decrypt', 'kms:GenerateDataKey',
  'lambda:InvokeFunction', 'lambda:UpdateFunctionCode', 'logs:DeleteLogGroup', 'logs:FilterLogEvents', '*',
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
    case 'iot': return name.startsWith('topic/')
      ? ['topic/$aws/things/pump-7/tunnels/notify', 'topic/$aws/things/pump-7/shadow/update', name.replace('topic/', 'topic/x'), `${name}/more`]
      : [name.replace(/^(tunnel|thing)\//, 'cert/'), name.replace(/^(tunnel|thing)\//, 'topic/')];
    default: return [];
  }
}

/** The same call with other condition keys, where the role's policy asks for them. */
function otherwise({ action, resource, context = {} }: Permission, statements: readonly Statement[]): Permission[] {
  const asked = statements.filter(({ actions = [] }) => actions.includes(action)).flatMap(({ conditions }) => Object.values(conditions));
  const allowed = (key: string) => asked.flatMap((keys) => keys[key] ?? []).map((value) => value.toLowerCase());
  const instead = (key: string, values: readonly string[]) => (context[key] === undefined || allowed(key).length === 0 ? [] : values
    .filter((value) => !allowed(key).includes(value.toLowerCase())).map((value) => ({ action, resource, context: { ...context, [key]: value } })));
  const without = (key: string) => (context[key] === undefined || allowed(key).length === 0 ? [] : [{ action, resource, context: Object.fromEntries(Object.entries(context).filter(([each]) => each !== key)) }]);
  return [
    ...instead('iot:ClientMode', ['SOURCE', 'DESTINATION', 'ALL', 'source', 'all', 'BOTH', '']), ...without('iot:ClientMode'),
    ...instead('events:source', ['aws.iotsecuredtunneling', 'somebody.else', 'tunnel-token-rotator.more']), ...without('events:source'),
  ];
}
