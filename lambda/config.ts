import { ENV } from '../lib/runtime-contract';
import { ConfigurationError } from './domain/errors';

type Environment = Readonly<Record<string, string | undefined>>;

/** The only reader of the environment. Both throw `ConfigurationError`, naming every variable that is missing or wrong. */
export function rotatorConfig(env: Environment) {
  return {
    ...required(env, {
      rotator: ENV.rotator, ledgerTable: ENV.ledgerTable, signalQueueUrl: ENV.signalQueueUrl, secretPrefix: ENV.secretPrefix,
      stackName: ENV.stackName, region: 'AWS_REGION',
    }),
    /** Absent: the secrets get the AWS managed key. */
    secretKey: env[ENV.secretKey] || undefined,
    /** Absent: nothing is announced there. */
    announcementBus: env[ENV.announcementBus] || undefined,
    announcementTopicPrefix: env[ENV.announcementTopicPrefix] || undefined,
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
  return { ...config, callsPerSecond };
}

function required<K extends string>(env: Environment, names: Record<K, string>): Record<K, string> {
  const entries = Object.entries(names) as [K, string][];
  const missing = entries.map(([, name]) => name).filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new ConfigurationError(`missing environment variables: ${missing.join(', ')}; the TunnelTokenRotator construct sets them`);
  }
  return Object.fromEntries(entries.map(([key, name]) => [key, env[name]])) as Record<K, string>;
}
