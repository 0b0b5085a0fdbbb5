import { AwsError } from '../service';

/**
 * Checks of untrusted request bodies, in AWS's two steps: a value of the wrong JSON type is a SerializationException, a
 * value that breaks a documented constraint is a ValidationException. Messages name the place, never the value.
 */
export type Check<T> = (value: unknown, place: string, report: Report) => T;

export interface Report {
  mistyped(place: string, expected: string): undefined;
  broken(place: string, constraint: string): undefined;
}

/** @throws AwsError SerializationException or ValidationException */
export function parse<T>(check: Check<T>, input: unknown): T {
  const broken: string[] = [];
  const value = check(input, '', {
    mistyped(place, expected) {
      throw new AwsError('SerializationException', `${place === '' ? 'The request body' : `The value at '${place}'`} must be ${expected}`);
    },
    broken(place, constraint) {
      if (broken.length < 10) broken.push(`Value at '${place}' failed to satisfy constraint: ${constraint}`);
      return undefined;
    },
  });
  if (broken.length === 0) return value;
  const count = broken.length === 1 ? '1 validation error' : `${broken.length} validation errors`;
  throw new AwsError('ValidationException', `${count} detected: ${broken.join('; ')}`);
}

/** Anything else is optional: absent and null are the same. */
export function required<T>(check: Check<T | undefined>): Check<T> {
  return (value, place, report) =>
    (absent(value) ? report.broken(place, 'Member must not be null') : check(value, place, report)) as T;
}

export function string(limits: { pattern?: RegExp; min?: number; max?: number } = {}): Check<string | undefined> {
  const { pattern, min = 0, max = Infinity } = limits;
  return (value, place, report) => {
    if (absent(value)) return undefined;
    if (typeof value !== 'string') return report.mistyped(place, 'a string');
    // AWS counts characters, not UTF-16 units.
    const length = [...value].length;
    if (length < min) return report.broken(place, `Member must have length greater than or equal to ${min}`);
    if (length > max) return report.broken(place, `Member must have length less than or equal to ${max}`);
    if (pattern && !pattern.test(value)) return report.broken(place, `Member must satisfy regular expression pattern: ${pattern.source}`);
    return value;
  };
}

export function oneOf<T extends string>(...allowed: T[]): Check<T | undefined> {
  return (value, place, report) => {
    if (absent(value)) return undefined;
    if (typeof value !== 'string') return report.mistyped(place, 'a string');
    return (allowed as string[]).includes(value) ? (value as T) : report.broken(place, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
  };
}

export function integer(limits: { min: number; max: number }): Check<number | undefined> {
  return (value, place, report) => {
    if (absent(value)) return undefined;
    if (!Number.isInteger(value)) return report.mistyped(place, 'an integer');
    const number = value as number;
    if (number < limits.min) return report.broken(place, `Member must have value greater than or equal to ${limits.min}`);
    if (number > limits.max) return report.broken(place, `Member must have value less than or equal to ${limits.max}`);
    return number;
  };
}

export const boolean: Check<boolean | undefined> = (value, place, report) => {
  if (absent(value)) return undefined;
  return typeof value === 'boolean' ? value : report.mistyped(place, 'a boolean');
};

export function list<T>(item: Check<T>, { min, max = Infinity }: { min: number; max?: number }): Check<T[] | undefined> {
  return (value, place, report) => {
    if (absent(value)) return undefined;
    if (!Array.isArray(value)) return report.mistyped(place, 'a list');
    if (value.length < min) return report.broken(place, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) return report.broken(place, `Member must have length less than or equal to ${max}`);
    return value.map((entry, index) => item(entry, `${place}.${index + 1}.member`, report));
  };
}

/** Members that it does not know are ignored, as AWS does. */
export function structure<S extends Record<string, Check<unknown>>>(members: S): Check<{ [K in keyof S]: ReturnType<S[K]> } | undefined> {
  return (value, place, report) => {
    if (absent(value)) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return report.mistyped(place, 'a structure');
    const given = value as Record<string, unknown>;
    return Object.fromEntries(Object.entries(members).map(([name, check]) => {
      const inner = Object.hasOwn(given, name) ? given[name] : undefined;
      return [name, check(inner, place === '' ? name : `${place}.${name}`, report)];
    })) as { [K in keyof S]: ReturnType<S[K]> };
  };
}

const absent = (value: unknown): value is undefined | null => value === undefined || value === null;
