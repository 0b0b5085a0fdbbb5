import { ENV, type RuntimePolicy } from '../lib/runtime-contract';
import { ConfigurationError } from './domain/errors';
import { DEFAULT_POLICY, type Policy } from './domain/policy';
import type { Side } from './domain/vocabulary';

type Environment = Readonly<Record<string, string | undefined>>;

/** The only reader of the environment. All of them throw `ConfigurationError`, naming every variable that is missing or wrong. */
export function rotatorConfig(env: Environment) {
  return {
    ...required(env, {
      rotator: ENV.rotator, ledgerTable: ENV.ledgerTable, signalQueueUrl: ENV.signalQueueUrl, secretPrefix: ENV.secretPrefix,
      stackName: ENV.stackName, region: 'AWS_REGION',
    }),
    policy: policyOf(env),
    /** Absent: the secrets get the AWS managed key. */
    secretKey: env[ENV.secretKey] || undefined,
    secretTags: tagsOf(env),
    /** Absent: nothing is announced there. */
    announcementBus: env[ENV.announcementBus] || undefined,
    announcementTopicPrefix: env[ENV.announcementTopicPrefix] || undefined,
    destinationTopic: env[ENV.destinationTopic] || undefined,
  };
}

export function sweeperConfig(env: Environment) {
  const config = required(env, {
    rotator: ENV.rotator, ledgerTable: ENV.ledgerTable, signalQueueUrl: ENV.signalQueueUrl, callsPerSecond: ENV.sweepCallsPerSecond,
  });
  const callsPerSecond = Number(config.callsPerSecond);
  if (!(callsPerSecond > 0)) {
    throw new ConfigurationError(`${ENV.sweepCallsPerSecond} must be a number above 0, but is '${config.callsPerSecond}'`);
  }
  return { ...config, callsPerSecond, policy: policyOf(env) };
}

export function cleanerConfig(env: Environment) {
  return required(env, {
    rotator: ENV.rotator, ledgerTable: ENV.ledgerTable, stackName: ENV.stackName, region: 'AWS_REGION',
  });
}

/** Defaults, with what the construct chose laid over them. */
function policyOf(env: Environment): Policy {
  const chosen = runtimePolicyOf(env);
  const sides = chosen.clientModes?.map((mode) => mode.toLowerCase() as Side);
  return {
    ...DEFAULT_POLICY,
    sides: sides ?? DEFAULT_POLICY.sides,
    scope: chosen.scope ?? DEFAULT_POLICY.scope,
    grace: chosen.grace ?? DEFAULT_POLICY.grace,
    budget: chosen.budget ?? DEFAULT_POLICY.budget,
    redirection: chosen.redirection ?? DEFAULT_POLICY.redirection,
    destinationTopic: Boolean(env[ENV.destinationTopic]),
  };
}

function runtimePolicyOf(env: Environment): RuntimePolicy {
  const { clientModes, scope, grace, budget, redirection } = objectOf(env, ENV.policy);
  const whole = optional(clientModes, (value) => isList(value, (mode) => mode === 'SOURCE' || mode === 'DESTINATION'))
    && optional(scope, isScope) && optional(grace, isCount)
    && optional(budget, (value) => isRecord(value) && isCount(value.burst) && isCount(value.refill))
    && optional(redirection, (value) => typeof value === 'boolean');
  if (!whole) throw new ConfigurationError(`${ENV.policy} must be a policy; the TunnelTokenRotator construct writes it`);
  return { clientModes, scope, grace, budget, redirection } as RuntimePolicy;
}

function tagsOf(env: Environment): Readonly<Record<string, string>> {
  const tags = objectOf(env, ENV.secretTags);
  if (!isTags(tags)) throw new ConfigurationError(`${ENV.secretTags} must map texts to texts; the TunnelTokenRotator construct writes it`);
  return tags;
}

/** An object in JSON; none where the variable is not set. */
function objectOf(env: Environment, variable: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(env[variable] || '{}');
  } catch (cause) {
    throw new ConfigurationError(`${variable} must be JSON; the TunnelTokenRotator construct writes it`, { cause });
  }
  if (!isRecord(value)) throw new ConfigurationError(`${variable} must be a JSON object; the TunnelTokenRotator construct writes it`);
  return value;
}

const optional = (value: unknown, check: (value: unknown) => boolean): boolean => value === undefined || check(value);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: unknown, check: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(check);
const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isTags = (value: unknown): value is Record<string, string> => isRecord(value) && Object.values(value).every(isText);
const isScope = (value: unknown): boolean => isRecord(value)
  && optional(value.things, (things) => isList(things, isText)) && optional(value.services, (services) => isList(services, isText))
  && optional(value.tags, isTags);

function required<K extends string>(env: Environment, names: Record<K, string>): Record<K, string> {
  const entries = Object.entries(names) as [K, string][];
  const missing = entries.map(([, name]) => name).filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new ConfigurationError(`missing environment variables: ${missing.join(', ')}; the TunnelTokenRotator construct sets them`);
  }
  return Object.fromEntries(entries.map(([key, name]) => [key, env[name]])) as Record<K, string>;
}
