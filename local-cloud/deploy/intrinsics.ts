import { isRecord } from '../inputs';
import { DeploymentError } from './errors';

/** What a template's functions may ask for. */
export interface Scope {
  /** Value of `Ref`: a parameter, a pseudo parameter or a resource's physical id. Undefined: there is none. */
  ref(name: string): unknown;
  /** Value of `Fn::GetAtt`. Undefined: there is none. */
  attribute(logicalId: string, name: string): unknown;
  /** Undefined: there is no such condition. */
  condition(name: string): boolean | undefined;
}

/** `AWS::NoValue`: the property is as good as absent. */
export const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Works out the intrinsic functions of a template's value.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 * @param place where the value stands, for messages
 * @throws DeploymentError naming a function or reference that is not known
 */
export function resolve(value: unknown, scope: Scope, place: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolve(item, scope, `${place}[${index}]`)).filter((item) => item !== NO_VALUE);
  if (!isRecord(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
    if (!intrinsic) throw new DeploymentError(`${place}: intrinsic function '${name}' is not known here; known are ${Object.keys(INTRINSICS).join(', ')}`);
    return intrinsic(value[name], scope, place);
  }
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, scope, `${place}.${key}`)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE));
}

type Intrinsic = (argument: unknown, scope: Scope, place: string) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  'Ref': (argument, scope, place) => ref(String(argument), scope, place),

  'Fn::GetAtt'(argument, scope, place) {
    const [logicalId, ...path] = typeof argument === 'string' ? argument.split('.') : arrayOf(argument, place).map(String);
    return attribute(logicalId, path.join('.'), scope, place);
  },

  'Fn::Join'(argument, scope, place) {
    const [separator, parts] = arrayOf(argument, place);
    return arrayOf(resolve(parts, scope, place), place).map((part) => text(part, place)).join(String(separator));
  },

  'Fn::Sub'(argument, scope, place) {
    const [template, variables] = typeof argument === 'string' ? [argument, {}] : arrayOf(argument, place) as [string, unknown];
    const own = resolve(variables ?? {}, scope, place) as Record<string, unknown>;
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(own, name)) return text(own[name], place);
      const [logicalId, ...path] = name.split('.');
      return text(path.length > 0 ? attribute(logicalId, path.join('.'), scope, place) : ref(name, scope, place), place);
    });
  },

  'Fn::Select'(argument, scope, place) {
    const [index, items] = arrayOf(resolve(argument, scope, place), place);
    const list = arrayOf(items, place);
    if (!(Number(index) in list)) throw new DeploymentError(`${place}: Fn::Select has no item ${String(index)} among ${list.length}`);
    return list[Number(index)];
  },

  'Fn::Split'(argument, scope, place) {
    const [separator, source] = arrayOf(resolve(argument, scope, place), place);
    return text(source, place).split(String(separator));
  },

  'Fn::If'(argument, scope, place) {
    const [name, then, otherwise] = arrayOf(argument, place);
    const holds = scope.condition(String(name));
    if (holds === undefined) throw new DeploymentError(`${place}: there is no condition '${String(name)}'`);
    return resolve(holds ? then : otherwise, scope, place);
  },

  'Fn::Equals'(argument, scope, place) {
    const [left, right] = arrayOf(resolve(argument, scope, place), place);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, scope, place) => arrayOf(argument, place).every((item) => truth(item, scope, place)),
  'Fn::Or': (argument, scope, place) => arrayOf(argument, place).some((item) => truth(item, scope, place)),
  'Fn::Not': (argument, scope, place) => !truth(arrayOf(argument, place)[0], scope, place),
};

/** `{ "Condition": name }` stands for another condition, only between conditions. */
export function truth(value: unknown, scope: Scope, place: string): boolean {
  if (isRecord(value) && typeof value.Condition === 'string') {
    const holds = scope.condition(value.Condition);
    if (holds === undefined) throw new DeploymentError(`${place}: there is no condition '${value.Condition}'`);
    return holds;
  }
  return resolve(value, scope, place) === true;
}

function ref(name: string, scope: Scope, place: string): unknown {
  if (name === 'AWS::NoValue') return NO_VALUE;
  const value = scope.ref(name);
  if (value === undefined) throw new DeploymentError(`${place}: '${name}' is no parameter, pseudo parameter or resource`);
  return value;
}

function attribute(logicalId: string, name: string, scope: Scope, place: string): unknown {
  const value = scope.attribute(logicalId, name);
  if (value === undefined) throw new DeploymentError(`${place}: attribute '${name}' of '${logicalId}' is not known here`);
  return value;
}

function arrayOf(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw new DeploymentError(`${place}: a list was expected`);
  return value;
}

function text(value: unknown, place: string): string {
  if (typeof value === 'object' || typeof value === 'symbol') throw new DeploymentError(`${place}: a text was expected`);
  return String(value);
}
