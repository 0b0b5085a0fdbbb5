import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS } from '../lib/runtime-contract';

/** Writes lines of JSON, and metrics in the format that CloudWatch takes out of the log. */
export interface Writer {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function writerOf(rotator: string): Writer {
  return { logger: new Logger({ serviceName: rotator }), metrics: new Metrics({ namespace: METRICS.namespace, serviceName: rotator }) };
}
