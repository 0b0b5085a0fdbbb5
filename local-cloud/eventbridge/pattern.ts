import { BlockList, isIP } from 'node:net';
import { isRecord } from '../inputs';

/**
 * EventBridge event patterns, checked once and then asked often: every operator that AWS documents for rules, none left out.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export type Matcher = (event: unknown) => boolean;

/** The pattern says something that AWS doesn't document, or that is not known here. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** @throws PatternError naming the operator or the place that is wrong. */
export function compilePattern(pattern: unknown, place = 'event'): Matcher {
  if (!isRecord(pattern) || Object.keys(pattern).length === 0) throw new PatternError(`${place}: a pattern must be an object with at least one field`);
  const fields = Object.entries(pattern).map(([key, value]) => (
    key === '$or' && isListOfRecords(value) ? compileOr(value, place) : compileField(key, value, `${place}.${key}`)));
  return (event) => fields.every((matches) => matches(event));
}

function compileOr(branches: readonly unknown[], place: string): Matcher {
  if (branches.length < 2) throw new PatternError(`${place}.$or needs at least two alternatives`);
  const matchers = branches.map((branch) => compilePattern(branch, `${place}.$or`));
  return (event) => matchers.some((matches) => matches(event));
}

function compileField(key: string, value: unknown, place: string): Matcher {
  if (isRecord(value)) {
    const matches = compilePattern(value, place);
    // An event's list of objects matches if one of them does.
    return (event) => values(field(event, key)).some((item) => matches(isRecord(item) ? item : {}));
  }
  if (!Array.isArray(value) || value.length === 0) throw new PatternError(`${place}: a pattern's leaf must be a list with at least one value`);
  const tests = value.map((item) => compileTest(item, place));
  return (event) => {
    const actual = field(event, key);
    const candidates = Array.isArray(actual) && actual.length > 0 ? actual : [actual];
    return tests.some((test) => candidates.some((candidate) => test(candidate)));
  };
}

type Test = (actual: unknown) => boolean;

function compileTest(item: unknown, place: string): Test {
  if (!isRecord(item)) {
    if (Array.isArray(item)) throw new PatternError(`${place}: a list in a list matches nothing`);
    return (actual) => actual === item;
  }
  const names = Object.keys(item);
  const name = names[0];
  const operator = Object.hasOwn(OPERATORS, name ?? '') ? OPERATORS[name] : undefined;
  if (names.length !== 1 || !operator) {
    throw new PatternError(`${place}: operator '${names.join(', ')}' is not known here; known are ${Object.keys(OPERATORS).join(', ')} and $or`);
  }
  return operator(item[name], `${place}.${name}`);
}

const OPERATORS: Readonly<Record<string, (argument: unknown, place: string) => Test>> = {
  'prefix': (argument, place) => affix(argument, place, (actual, part) => actual.startsWith(part)),
  'suffix': (argument, place) => affix(argument, place, (actual, part) => actual.endsWith(part)),
  'equals-ignore-case'(argument, place) {
    const expected = text(argument, place).toLowerCase();
    return (actual) => typeof actual === 'string' && actual.toLowerCase() === expected;
  },
  'wildcard'(argument, place) {
    const expression = wildcard(text(argument, place), place);
    return (actual) => typeof actual === 'string' && expression.test(actual);
  },
  'exists'(argument, place) {
    if (typeof argument !== 'boolean') throw new PatternError(`${place} must be true or false`);
    // Only leaves exist: an object in between doesn't count.
    return (actual) => (actual !== undefined && !isRecord(actual)) === argument;
  },
  'numeric': numeric,
  'cidr': cidr,
  'anything-but': anythingBut,
};

/** A string, or `{ "equals-ignore-case": string }`. */
function affix(argument: unknown, place: string, matches: (actual: string, part: string) => boolean): Test {
  if (isRecord(argument)) {
    const other = Object.keys(argument).find((name) => name !== 'equals-ignore-case');
    if (other) throw new PatternError(`${place}: operator '${other}' is not known here`);
    const expected = text(argument['equals-ignore-case'], `${place}.equals-ignore-case`).toLowerCase();
    return (actual) => typeof actual === 'string' && matches(actual.toLowerCase(), expected);
  }
  const expected = text(argument, place);
  return (actual) => typeof actual === 'string' && matches(actual, expected);
}

/** A value, a list of values, or one of the text operators with a value or a list of them. */
function anythingBut(argument: unknown, place: string): Test {
  if (isRecord(argument) && Object.keys(argument).length !== 1) throw new PatternError(`${place} takes one operator`);
  const tests = isRecord(argument)
    ? Object.entries(argument).flatMap(([name, inner]) => {
      if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name)) throw new PatternError(`${place}: operator '${name}' is not known here`);
      return values(inner).map((value) => OPERATORS[name](value, `${place}.${name}`));
    })
    : values(argument).map((value): Test => {
      if (typeof value !== 'string' && typeof value !== 'number') throw new PatternError(`${place} needs strings or numbers`);
      return (actual) => actual === value;
    });
  if (tests.length === 0) throw new PatternError(`${place} needs at least one value`);
  // Of an object there is no value that could be another one.
  return (actual) => actual !== undefined && !isRecord(actual) && !tests.some((test) => test(actual));
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b, '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};

function numeric(argument: unknown, place: string): Test {
  const parts = values(argument);
  const pairs = Array.from({ length: Math.ceil(parts.length / 2) }, (_, index) => {
    const [operator, bound] = parts.slice(index * 2, index * 2 + 2);
    const compare = COMPARISONS[String(operator)];
    if (!compare || typeof bound !== 'number') throw new PatternError(`${place} must be like [">", 0, "<=", 5]`);
    return (actual: number) => compare(actual, bound);
  });
  if (pairs.length === 0) throw new PatternError(`${place} must be like [">", 0, "<=", 5]`);
  return (actual) => typeof actual === 'number' && pairs.every((matches) => matches(actual));
}

function cidr(argument: unknown, place: string): Test {
  const [address, bits] = text(argument, place).split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(bits ?? '')) throw new PatternError(`${place} must be like "10.0.0.0/24"`);
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return (actual) => typeof actual === 'string' && isIP(actual) === family && range.check(actual, family === 4 ? 'ipv4' : 'ipv6');
}

/** `*` is any run of characters; a backslash makes it (or itself) plain. */
function wildcard(pattern: string, place: string): RegExp {
  if (/(?<!\\)(?:\\\\)*\*\*/.test(pattern)) throw new PatternError(`${place}: two stars in a row are not allowed`);
  const source = pattern.replace(/\\[*\\]|\*|[.+?^${}()|[\]\\]/g, (found) => {
    if (found === '*') return '.*';
    return found.length === 2 ? found : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function text(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new PatternError(`${place} must be a string`);
  return value;
}

const field = (event: unknown, key: string): unknown => (isRecord(event) && Object.hasOwn(event, key) ? event[key] : undefined);
const values = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const isListOfRecords = (value: unknown): value is unknown[] => Array.isArray(value) && value.every(isRecord);
