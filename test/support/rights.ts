import type { LocalCloud } from '../../local-cloud/cloud';
import type { Permission } from '../../local-cloud/calls';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import { evaluate } from '../../local-cloud/iam/evaluate';
import type { Statement } from '../../local-cloud/iam/policy';
import { globalContext, type Role } from '../../local-cloud/iam/roles';
import { mutationsOf } from './mutations';

/** One action on one resource that a role of the stack is allowed. */
export interface Right {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: string;
}

/** What a story showed of the roles of its stack. */
export interface Evidence {
  readonly rights: readonly Right[];
  /** Those that a call of this story needed. */
  readonly used: readonly Right[];
  /** Calls a little beside those that were made, and how many of them there were. */
  readonly mutants: number;
  /** Those that are allowed all the same. */
  readonly escaped: readonly string[];
}

/** What Lambda itself does as a function's role. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and .../monitoring-cloudwatchlogs.html */
const POLLER = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const LOGGER = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** The roles of a stack. A stack that was deleted has none any more, so they are asked for in the beginning. */
export const rolesOf = (cloud: LocalCloud, { resources }: Deployment): Role[] =>
  resources.filter(({ type }) => type === 'AWS::IAM::Role').map(({ physicalId }) => cloud.roles.get(physicalId));

/** Holds every call that was made against the policies that the template gave. */
export function evidenceOf(cloud: LocalCloud, deployment: Deployment, roles: readonly Role[]): Evidence {
  const name = namer(deployment);
  const evidence = roles.map((role) => {
    const rights = single(role.statements).map((statement) => ({ statement, right: rightOf(role, statement, name) }));
    const needs = distinct([...callsOf(cloud, role), ...lambdasOwn(cloud, role)]);
    const used = rights.filter(({ statement }) => needs.some((need) => allows([statement], role, need)));
    const mutants = needs.flatMap((need) => mutationsOf(need, role.statements));
    const escaped = mutants.filter((mutant) => allows(role.statements, role, mutant));
    return {
      rights: rights.map(({ right }) => right),
      used: used.map(({ right }) => right),
      mutants: mutants.length,
      escaped: escaped.map(({ action, resource, context = {} }) => `${name(role.name)}: ${action} on ${name(resource)} ${JSON.stringify(context)}`),
    };
  });
  return {
    rights: evidence.flatMap(({ rights }) => rights),
    used: evidence.flatMap(({ used }) => used),
    mutants: evidence.reduce((sum, { mutants }) => sum + mutants, 0),
    escaped: evidence.flatMap(({ escaped }) => escaped),
  };
}

function callsOf({ calls }: LocalCloud, role: Role): Permission[] {
  return calls.records.filter((record) => record.role === role.name).flatMap(({ needs }) => needs);
}

/** Lambda polls and logs with the role of a function that ran. */
function lambdasOwn({ functions }: LocalCloud, role: Role): Permission[] {
  const ran = new Set(functions.invocations.map(({ functionName }) => functionName));
  const mine = functions.names.map((each) => functions.get(each)).filter(({ settings }) => settings.role === role && ran.has(settings.name));
  const logs = mine.flatMap(({ settings, arn }) => LOGGER.map((action) => (
    { action, resource: `${arn.replace(':lambda:', ':logs:').replace(/:function:.*$/, '')}:log-group:${settings.logGroup}:log-stream:any` })));
  const queues = role.statements.flatMap(({ actions = [], resources = [] }) => (actions.includes('sqs:ReceiveMessage') ? resources : []));
  return [...logs, ...(mine.length > 0 ? queues.flatMap((resource) => POLLER.map((action) => ({ action, resource }))) : [])];
}

function distinct(needs: readonly Permission[]): Permission[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}

/** One statement for each action and resource of each. */
function single(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ effect }) => effect === 'Allow').flatMap((statement) => (statement.actions ?? ['(NotAction)'])
    .flatMap((action) => (statement.resources ?? ['(NotResource)']).map((resource) => ({ ...statement, actions: [action], resources: [resource] }))));
}

export function allows(statements: readonly Statement[], role: Role, { action, resource, context }: Permission): boolean {
  const [, , , region, account] = role.arn.split(':');
  const request = globalContext(role.arn, { place: { account, region: region || 'eu-west-1' }, now: 0 }, context);
  return evaluate(statements, { action, resource, context: request, principal: { type: 'AWS', name: role.arn } }) === 'allowed';
}

function rightOf(role: Role, { actions, resources, conditions }: Statement, name: (text: string) => string): Right {
  const condition = Object.entries(conditions).flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => `${key} ${operator} ${values.join(' or ')}`));
  return { role: name(role.name), action: actions![0], resource: name(resources![0]), condition: name(condition.join(', ')) };
}

/** Replaces what differs from deployment to deployment by what it stands for. */
function namer({ resources, outputs }: Deployment): (text: string) => string {
  const ids = resources.filter(({ physicalId }) => physicalId.length > 8)
    .map(({ physicalId, logicalId }) => [physicalId.split('/').at(-1)!, `<${logicalId.replace(/[0-9A-F]{8}$/, '')}>`] as const)
    .sort(([a], [b]) => b.length - a.length);
  return (text) => ids.reduce((named, [id, meaning]) => named.replaceAll(id, meaning), text.replaceAll(outputs.SecretPrefix ?? '\0', '<prefix>'))
    .replace(/^arn:aws:([^:]*):[^:]*:\d*:/, '$1: ').replace(/\d{12}/g, '<account>');
}
