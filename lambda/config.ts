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
    secretTags: JSON.parse(env[ENV.secretTags] || '{}') as Readonly<Record<string, string>>,
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
  try {
    return JSON.parse(env[ENV.policy] || '{}') as RuntimePolicy;
  } catch (cause) {
    throw new ConfigurationError(`${ENV.policy} must be JSON; the TunnelTokenRotator construct writes it`, { cause });
  }
}

function required<K extends string>(env: Environment, names: Record<K, string>): Record<K, string> {
  const entries = Object.entries(names) as [K, string][];
  const missing = entries.map(([, name]) => name).filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new ConfigurationError(`missing environment variables: ${missing.join(', ')}; the TunnelTokenRotator construct sets them`);
  }
  return Object.fromEntries(entries.map(([key, name]) => [key, env[name]])) as Record<K, string>;
}
