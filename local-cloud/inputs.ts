import { AwsError } from './service';

/** Readers of a call's untrusted input. They throw what the services throw for a wrong type: SerializationException. */
export type Input = Readonly<Record<string, unknown>>;

export function optionalString(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrongType(name, 'a string');
  return value;
}

/** @param code what this service calls a missing parameter */
export function string(input: Input, name: string, code = 'ValidationException'): string {
  const value = optionalString(input, name);
  if (value === undefined) throw new AwsError(code, `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`);
  return value;
}

export function optionalInteger(input: Input, name: string): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  // Older clients send numbers as text.
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw wrongType(name, 'an integer');
  return number as number;
}

export function optionalBoolean(input: Input, name: string): boolean | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean');
  return value;
}

export function list(input: Input, name: string): unknown[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw wrongType(name, 'a list');
  return value;
}

export function strings(input: Input, name: string): string[] {
  return list(input, name).map((item) => {
    if (typeof item !== 'string') throw wrongType(name, 'a list of strings');
    return item;
  });
}

export function records(input: Input, name: string): Input[] {
  return list(input, name).map((item) => {
    if (!isRecord(item)) throw wrongType(name, 'a list of structures');
    return item;
  });
}

export function record(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (!isRecord(value)) throw wrongType(name, 'a structure');
  return value;
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const wrongType = (name: string, type: string) => new AwsError('SerializationException', `${name} must be ${type}`);
