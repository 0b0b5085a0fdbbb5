import type { Permission } from '../../local-cloud/calls';
import { evaluate, type AccessRequest } from '../../local-cloud/iam/evaluate';
import type { Statement } from '../../local-cloud/iam/policy';
import { globalContext } from '../../local-cloud/iam/roles';

/** One action on one resource that a policy speaks of. */
export interface Right {
  /** Whose policy it is. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: string;
}

/** What was shown of policies. */
export interface Evidence {
  readonly rights: readonly Right[];
  /** Those that a call needed, and prohibitions that turned one away. */
  readonly used: readonly Right[];
  /** Calls a little beside those that were made, and how many of them there were. */
  readonly mutants: number;
  /** Those that are allowed all the same. */
  readonly escaped: readonly string[];
}

/** A call that was made, or might be. */
export type Asked = Permission & { readonly by: NonNullable<AccessRequest['principal']> };

/** A policy, and the calls that it is held against. */
export interface Held {
  readonly role: string;
  readonly statements: readonly Statement[];
  readonly calls: readonly Asked[];
  /** Calls a little beside this one, each of which must be denied. */
  beside(call: Asked): readonly Asked[];
  /** More that must be denied. */
  readonly never?: readonly Asked[];
  /** Replaces what differs from deployment to deployment by what it stands for. */
  name(text: string): string;
}

export function evidenceOf({ role, statements, calls, beside, never = [], name }: Held): Evidence {
  const rights = single(statements).map((statement) => ({ statement, right: rightOf(role, statement, name) }));
  const mutants = [...calls.flatMap(beside), ...never];
  const needs = (statement: Statement) => (statement.effect === 'Allow' ? calls : mutants).some((call) => applies(statement, call));
  const escaped = mutants.filter((mutant) => allows(statements, mutant));
  return {
    rights: rights.map(({ right }) => right),
    used: rights.filter(({ statement }) => needs(statement)).map(({ right }) => right),
    mutants: mutants.length,
    escaped: escaped.map(({ action, resource, context = {}, by }) => `${role}: ${action} on ${name(resource)} ${JSON.stringify(context)} for ${name(by.name)}`),
  };
}

export function together(all: readonly Evidence[]): Evidence {
  return {
    rights: all.flatMap(({ rights }) => rights),
    used: all.flatMap(({ used }) => used),
    mutants: all.reduce((sum, { mutants }) => sum + mutants, 0),
    escaped: all.flatMap(({ escaped }) => escaped),
  };
}

export const allows = (statements: readonly Statement[], call: Asked): boolean => evaluate(statements, requestOf(call)) === 'allowed';
const applies = (statement: Statement, call: Asked): boolean => evaluate([statement], requestOf(call)) !== 'not-allowed';

function requestOf({ action, resource, context, by }: Asked): AccessRequest {
  const [, , , region, account] = resource.split(':');
  return { action, resource, principal: by, context: globalContext(by.name, { place: { account: account || '123456789012', region: region || 'eu-west-1' }, now: 0 }, context) };
}

/** One statement for each action and resource of each. */
function single(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((statement) => (statement.actions ?? ['(NotAction)'])
    .flatMap((action) => (statement.resources ?? ['(NotResource)']).map((resource) => ({ ...statement, actions: [action], resources: [resource] }))));
}

function rightOf(role: string, { effect, actions, resources, conditions, principals = {} }: Statement, name: (text: string) => string): Right {
  const condition = Object.entries(conditions).flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => `${key} ${operator} ${values.join(' or ')}`));
  const whom = Object.values(principals).flat().map((who) => (who === '*' ? 'everybody' : name(who))).join(', ');
  return {
    role: whom === '' ? role : `${role}: ${effect === 'Allow' ? 'lets in' : 'keeps out'} ${whom}`,
    action: actions![0], resource: name(resources![0]), condition: name(condition.join(', ')),
  };
}
