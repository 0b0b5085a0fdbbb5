import type { LocalCloud } from '../../local-cloud/cloud';
import type { CallRecord, Permission } from '../../local-cloud/calls';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import { resolve } from '../../local-cloud/deploy/intrinsics';
import { parsePolicy } from '../../local-cloud/iam/policy';
import type { Role } from '../../local-cloud/iam/roles';
import { mutationsOf, strangersTo } from './mutations';
import { evidenceOf, together, type Asked, type Evidence, type Held } from './rights';

/** What Lambda itself does as a function's role. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and .../monitoring-cloudwatchlogs.html */
const POLLER = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const LOGGER = ['logs:CreateLogStream', 'logs:PutLogEvents'];
/** .../configuration-vpc.html#configuration-vpc-permissions and .../services-xray.html. Here are no VPC and no X-Ray, so this is taken from AWS's documents. */
const FOR_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  VpcConfig: [
    'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
  ],
  TracingConfig: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
};

/** Every policy of a stack. A stack that was deleted has none any more, so they are asked for in the beginning. */
export interface Policies {
  readonly roles: readonly Role[];
  readonly resources: readonly ResourcePolicy[];
  /** What Lambda does as the role of a function of this name, because of its settings. */
  readonly forSettings: ReadonlyMap<string, readonly string[]>;
  name(text: string): string;
}

/** What a queue, a function or a key says of who may use it. */
interface ResourcePolicy {
  readonly arn: string;
  readonly document: object;
}

export function policiesOf(cloud: LocalCloud, deployment: Deployment, template: Readonly<Record<string, unknown>>): Policies {
  return {
    roles: physicalIds(deployment, 'AWS::IAM::Role').map((name) => cloud.roles.get(name)),
    resources: [...queuePolicies(cloud, deployment), ...functionPolicies(cloud, deployment), ...keyPolicies(deployment, template)],
    forSettings: actionsForSettings(deployment, template),
    name: namer(deployment),
  };
}

/** Holds every call that was made against the policies that the template gave. */
export function evidenceOfStory(cloud: LocalCloud, { roles, resources, forSettings, name }: Policies): Evidence {
  return together([...roles.map((role) => ofRole(cloud, role, forSettings, name)), ...resources.map((resource) => ofResource(cloud, resource, name))].map(evidenceOf));
}

function ofRole(cloud: LocalCloud, role: Role, forSettings: Policies['forSettings'], name: Held['name']): Held {
  const { statements } = role;
  const by = { type: 'AWS', name: role.arn } as const;
  const calls = distinct([...needsOf(cloud, (record) => record.role === role.name), ...lambdasOwn(cloud, role, forSettings)].map((need) => ({ ...need, by })));
  return { role: name(role.name), statements, calls, beside: (call) => mutationsOf(call, statements).map((mutant) => ({ ...mutant, by })), name };
}

/** Services come without a role; a key's users have one, and need its policy all the same. Nobody may come to a queue without TLS. */
function ofResource(cloud: LocalCloud, { arn, document }: ResourcePolicy, name: Held['name']): Held {
  const calls = distinct(cloud.calls.records.filter(({ caller }) => caller !== 'user')
    .flatMap((record) => record.needs.filter(({ resource }) => resource === arn).map((need): Asked => ({ ...need, ...whoAsks(cloud, record, need) }))));
  const [, , service] = arn.split(':');
  return {
    role: `policy of ${name(arn)}`, statements: parsePolicy(document), beside: strangersTo, name,
    calls: calls.filter(({ by }) => by.type === 'Service' || service === 'kms'),
    never: service === 'sqs' ? calls.map((call) => ({ ...call, context: { ...call.context, 'aws:SecureTransport': 'false' } })) : [],
  };
}

function whoAsks({ roles }: LocalCloud, { role, caller, sourceArn }: CallRecord, { context }: Permission): Pick<Asked, 'by' | 'context'> {
  if (role !== undefined) return { by: { type: 'AWS', name: roles.has(role) ? roles.get(role).arn : role }, context };
  const source: Permission['context'] = sourceArn === undefined ? {} : { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': sourceArn.split(':')[4] };
  return { by: { type: 'Service', name: caller }, context: { ...context, ...source } };
}

const needsOf = ({ calls }: LocalCloud, mine: (record: CallRecord) => boolean): Permission[] => calls.records.filter(mine).flatMap(({ needs }) => needs);

/** Lambda polls, logs, joins a VPC and sends traces with the role of a function that ran. */
function lambdasOwn({ functions }: LocalCloud, role: Role, forSettings: Policies['forSettings']): Permission[] {
  const ran = new Set(functions.invocations.map(({ functionName }) => functionName));
  const mine = functions.names.map((each) => functions.get(each)).filter(({ settings }) => settings.role === role && ran.has(settings.name));
  const logs = mine.flatMap(({ settings, arn }) => LOGGER.map((action) => (
    { action, resource: `${arn.replace(':lambda:', ':logs:').replace(/:function:.*$/, '')}:log-group:${settings.logGroup}:log-stream:any` })));
  const queues = role.statements.flatMap(({ actions = [], resources = [] }) => (actions.includes('sqs:ReceiveMessage') ? resources : []));
  const others = mine.flatMap(({ settings }) => (forSettings.get(settings.name) ?? []).map((action) => ({ action, resource: '*' })));
  return [...logs, ...others, ...(mine.length > 0 ? queues.flatMap((resource) => POLLER.map((action) => ({ action, resource }))) : [])];
}

function distinct(calls: readonly Asked[]): Asked[] {
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}

function queuePolicies({ queues }: LocalCloud, deployment: Deployment): ResourcePolicy[] {
  return physicalIds(deployment, 'AWS::SQS::Queue').map((url) => queues.get(url.split('/').at(-1)!)!)
    .flatMap(({ arn, settings: { policy } }) => (policy ? [{ arn, document: policy }] : []));
}

/** As the Lambda service itself sees them when somebody invokes. */
function functionPolicies({ places }: LocalCloud, deployment: Deployment): ResourcePolicy[] {
  const [{ lambda: { service } }] = places;
  return physicalIds(deployment, 'AWS::Lambda::Function').flatMap((FunctionName) => {
    const call = { service: 'lambda', action: 'Invoke', input: { FunctionName }, accessKeyId: '', requestId: '' };
    return service.needs!(call).flatMap(({ resource: arn, resourcePolicy }) => (resourcePolicy ? [{ arn, document: resourcePolicy }] : []));
  });
}

/** The local cloud has no KMS, so that a key's policy stands in the template alone. */
function keyPolicies({ resources, account, region }: Deployment, { Resources }: Readonly<Record<string, unknown>>): ResourcePolicy[] {
  const keys = Resources as Record<string, { Properties: { KeyPolicy: unknown } }>;
  const ref = (name: string) => ({ 'AWS::Partition': 'aws', 'AWS::AccountId': account, 'AWS::Region': region })[name];
  return resources.filter(({ type }) => type === 'AWS::KMS::Key').map(({ logicalId, physicalId }) => ({
    arn: `arn:aws:kms:${region}:${account}:key/${physicalId}`,
    document: resolve(keys[logicalId].Properties.KeyPolicy, { ref, attribute: () => undefined, condition: () => undefined }, logicalId) as object,
  }));
}

function actionsForSettings({ resources }: Deployment, { Resources }: Readonly<Record<string, unknown>>): Policies['forSettings'] {
  const functions = Resources as Record<string, { Properties: object }>;
  return new Map(resources.filter(({ type }) => type === 'AWS::Lambda::Function')
    .map(({ logicalId, physicalId }) => [physicalId, Object.keys(functions[logicalId].Properties).flatMap((setting) => FOR_SETTINGS[setting] ?? [])]));
}

const physicalIds = ({ resources }: Deployment, wanted: string): string[] => resources.filter(({ type }) => type === wanted).map(({ physicalId }) => physicalId);

/** Replaces what differs from deployment to deployment by what it stands for. */
function namer({ resources, outputs }: Deployment): (text: string) => string {
  const ids = resources.filter(({ physicalId }) => physicalId.length > 8)
    .map(({ physicalId, logicalId }) => [physicalId.split('/').at(-1)!, `<${logicalId.replace(/[0-9A-F]{8}$/, '')}>`] as const)
    .sort(([a], [b]) => b.length - a.length);
  return (text) => ids.reduce((named, [id, meaning]) => named.replaceAll(id, meaning), text.replaceAll(outputs.SecretPrefix ?? '\0', '<prefix>'))
    .replace(/^arn:aws:([^:]*):[^:]*:\d*:/, '$1: ').replace(/\d{12}/g, '<account>');
}
