import { checkOperator } from './conditions';
import { PolicyError } from './errors';

export { PolicyError } from './errors';

/**
 * IAM policy documents, as far as a synthesized template writes them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export interface Statement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  /** Only in the policy of a resource or in a role's trust policy. */
  readonly principals?: Principals;
  /** Operator -> key -> values. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Type (`Service`, `AWS`, `*`) -> names. */
export type Principals = Readonly<Record<string, readonly string[]>>;

const ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'Condition'];

/** @throws PolicyError naming the element that is missing, wrong or unknown. */
export function parsePolicy(document: unknown): Statement[] {
  if (!isRecord(document)) throw new PolicyError('a policy document must be an object');
  return list(document.Statement).map(parseStatement);
}

function parseStatement(raw: unknown): Statement {
  if (!isRecord(raw)) throw new PolicyError('a policy statement must be an object');
  const unknown = Object.keys(raw).find((key) => !ELEMENTS.includes(key));
  if (unknown) throw new PolicyError(`policy element '${unknown}' is not known here; known are ${ELEMENTS.join(', ')}`);
  const { Sid, Effect, Action, NotAction, Resource, NotResource, Principal, Condition } = raw;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new PolicyError(`a statement's Effect must be Allow or Deny, not ${JSON.stringify(Effect)}`);
  if ((Action === undefined) === (NotAction === undefined)) throw new PolicyError('a statement needs either Action or NotAction');
  return {
    sid: Sid as string | undefined,
    effect: Effect,
    actions: optionalStrings(Action),
    notActions: optionalStrings(NotAction),
    resources: optionalStrings(Resource),
    notResources: optionalStrings(NotResource),
    principals: Principal === undefined ? undefined : parsePrincipals(Principal),
    conditions: parseConditions(Condition ?? {}),
  };
}

function parsePrincipals(raw: unknown): Principals {
  if (raw === '*') return { '*': ['*'] };
  if (!isRecord(raw)) throw new PolicyError("Principal must be '*' or an object");
  return mapValues(raw, strings);
}

function parseConditions(raw: unknown): Statement['conditions'] {
  if (!isRecord(raw)) throw new PolicyError('Condition must be an object');
  Object.keys(raw).forEach(checkOperator);
  return mapValues(raw, (keys) => {
    if (!isRecord(keys)) throw new PolicyError('a condition operator needs an object of keys');
    return mapValues(keys, strings);
  });
}

const optionalStrings = (value: unknown) => (value === undefined ? undefined : strings(value));

/** Numbers and booleans may stand unquoted in a policy. */
function strings(value: unknown): string[] {
  return list(value).map((item) => {
    if (typeof item === 'object' || item === undefined) throw new PolicyError(`a policy value must be a string, not ${JSON.stringify(item)}`);
    return String(item);
  });
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const mapValues = <A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
