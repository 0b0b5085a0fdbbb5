import { PolicyError } from './errors';
import { glob, literal } from './wildcards';

/** Condition keys of a request, by lower-case name: IAM ignores the case of keys. */
export type Context = ReadonlyMap<string, readonly string[]>;

type Test = (actual: string, expected: string) => boolean;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (actual, expected) => actual === literal(expected),
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === literal(expected).toLowerCase(),
  StringLike: (actual, expected) => glob(expected).test(actual),
  ArnEquals: arnMatches,
  ArnLike: arnMatches,
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: (actual, expected) => number(actual) === number(expected),
  NumericLessThan: (actual, expected) => number(actual) < number(expected),
  NumericLessThanEquals: (actual, expected) => number(actual) <= number(expected),
  NumericGreaterThan: (actual, expected) => number(actual) > number(expected),
  NumericGreaterThanEquals: (actual, expected) => number(actual) >= number(expected),
  DateEquals: (actual, expected) => time(actual) === time(expected),
  DateLessThan: (actual, expected) => time(actual) < time(expected),
  DateLessThanEquals: (actual, expected) => time(actual) <= time(expected),
  DateGreaterThan: (actual, expected) => time(actual) > time(expected),
  DateGreaterThanEquals: (actual, expected) => time(actual) >= time(expected),
};

/** Operators that turn another one round: they hold if none of the values match, so also when the key is absent. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
};

/** @throws PolicyError for an operator that is not known here */
export function checkOperator(operator: string): void {
  const { base } = parseOperator(operator);
  if (base === 'Null' || Object.hasOwn(TESTS, NEGATED[base] ?? base)) return;
  throw new PolicyError(`condition operator '${operator}' is not known here; known are ${[...Object.keys(TESTS), ...Object.keys(NEGATED), 'Null'].join(', ')}`);
}

/** Does the condition hold? The operator must be known (`checkOperator`). */
export function conditionHolds(operator: string, key: string, expected: readonly string[], context: Context): boolean {
  const { quantifier, base, ifExists } = parseOperator(operator);
  const actual = context.get(key.toLowerCase());

  if (base === 'Null') return expected.some((value) => (actual === undefined) === (value.toLowerCase() === 'true'));
  const negated = NEGATED[base];
  const test = TESTS[negated ?? base];
  const matches = (value: string) => expected.some((pattern) => test(value, pattern)) !== (negated !== undefined);

  // ForAllValues is true of nothing at all; ForAnyValue is not. Without either, a key is taken to hold one value.
  if (quantifier === 'ForAllValues') return (actual ?? []).every(matches);
  if (actual === undefined) return ifExists || (negated !== undefined && quantifier === undefined);
  return quantifier === 'ForAnyValue' ? actual.some(matches) : actual.every(matches);
}

function parseOperator(operator: string) {
  const [first, second] = operator.split(':');
  const quantifier = second === undefined ? undefined : first;
  if (quantifier !== undefined && quantifier !== 'ForAllValues' && quantifier !== 'ForAnyValue') {
    throw new PolicyError(`condition operator '${operator}' is not known here`);
  }
  const name = second ?? first;
  const ifExists = name.endsWith('IfExists');
  return { quantifier, base: ifExists ? name.slice(0, -'IfExists'.length) : name, ifExists };
}

/** Component by component, the sixth being all the rest; ArnEquals and ArnLike behave alike. */
function arnMatches(actual: string, expected: string): boolean {
  const [left, right] = [components(actual), components(expected)];
  return left.length === right.length && right.every((pattern, index) => glob(pattern).test(left[index]));
}

function components(value: string): string[] {
  const parts = value.split(':');
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])];
}

const number = (value: string) => (value.trim() === '' ? NaN : Number(value));
const time = (value: string) => (/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value));
