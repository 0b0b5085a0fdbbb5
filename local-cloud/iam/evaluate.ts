import { conditionHolds, type Context } from './conditions';
import type { Principals, Statement } from './policy';
import { glob, LITERALS } from './wildcards';

export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** Who asks; needed where statements name principals. */
  readonly principal?: { readonly type: 'Service' | 'AWS'; readonly name: string };
}

export type Verdict = 'allowed' | 'not-allowed' | 'denied';

/**
 * One set of statements against one request: an explicit deny wins, then an allow, else nothing is allowed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(statements: readonly Statement[], request: AccessRequest): Verdict {
  const effects = statements.filter((statement) => applies(statement, request)).map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'denied';
  return effects.includes('Allow') ? 'allowed' : 'not-allowed';
}

/** Within one account a role's policies and the resource's own are one set: either may allow, each may deny. */
export function evaluateTogether(identity: readonly Statement[], resource: readonly Statement[], request: AccessRequest): Verdict {
  const verdicts = [evaluate(identity, request), evaluate(resource, request)];
  if (verdicts.includes('denied')) return 'denied';
  return verdicts.includes('allowed') ? 'allowed' : 'not-allowed';
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const { actions, notActions, resources, notResources, principals, conditions } = statement;
  if (actions && !actions.some((pattern) => actionMatches(pattern, request.action))) return false;
  if (notActions?.some((pattern) => actionMatches(pattern, request.action))) return false;
  if (resources && !resources.some((pattern) => resourceMatches(pattern, request))) return false;
  if (notResources?.some((pattern) => resourceMatches(pattern, request))) return false;
  if (principals && !principalMatches(principals, request)) return false;
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const expected = values.map((value) => substitute(value, request.context)).filter((value) => value !== undefined);
      return conditionHolds(operator, key, expected, request.context);
    }));
}

const actionMatches = (pattern: string, action: string) => glob(pattern, 'is').test(action);

function resourceMatches(pattern: string, { resource, context }: AccessRequest): boolean {
  const resolved = substitute(pattern, context);
  return resolved !== undefined && glob(resolved).test(resource);
}

/** `*` and `{ "AWS": "*" }` mean the same. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous */
function principalMatches(principals: Principals, { principal }: AccessRequest): boolean {
  if (principals['*'] || principals.AWS?.includes('*')) return true;
  if (!principal) return false;
  return (principals[principal.type] ?? []).some((name) => name === principal.name || isAccountOf(name, principal.name));
}

/** `123456789012` or its root ARN stand for every principal of the account. */
function isAccountOf(name: string, principalArn: string): boolean {
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  return account !== undefined && principalArn.split(':')[4] === account;
}

/**
 * Policy variables: `${aws:PrincipalTag/team}` is the request's value, or the default after a comma; without either the
 * element cannot match. `${*}`, `${?}` and `${$}` stand for the character itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
function substitute(value: string, context: Context): string | undefined {
  let missing = false;
  const replaced = value.replace(/\$\{([^}]*)\}/g, (_, content: string) => {
    if (content in LITERALS) return LITERALS[content];
    const [name, fallback] = content.split(/,\s*/);
    const actual = context.get(name.trim().toLowerCase());
    if (actual?.length === 1) return actual[0];
    if (fallback !== undefined) return fallback.replace(/^'|'$/g, '');
    missing = true;
    return '';
  });
  return missing ? undefined : replaced;
}
