import { AwsError } from '../service';

/** How each service says that it is too much, and that it is its own fault. */
const WORDS: Readonly<Record<string, { throttled: readonly [string, number]; broken: readonly [string, number] }>> = {
  dynamodb: { throttled: ['ThrottlingException', 400], broken: ['InternalServerError', 500] },
  events: { throttled: ['ThrottlingException', 400], broken: ['InternalException', 500] },
  iotdata: { throttled: ['ThrottlingException', 429], broken: ['InternalFailureException', 500] },
  iotsecuretunneling: { throttled: ['ThrottlingException', 400], broken: ['InternalFailure', 500] },
  lambda: { throttled: ['TooManyRequestsException', 429], broken: ['ServiceException', 500] },
  secretsmanager: { throttled: ['ThrottlingException', 400], broken: ['InternalServiceError', 500] },
  sqs: { throttled: ['RequestThrottled', 400], broken: ['InternalError', 500] },
  sts: { throttled: ['Throttling', 400], broken: ['InternalFailure', 500] },
};
const COMMON = { throttled: ['ThrottlingException', 400], broken: ['InternalFailure', 500] } as const;

export function throttled(service: string): AwsError {
  const [code, status] = (WORDS[service] ?? COMMON).throttled;
  return new AwsError(code, 'Rate exceeded', status);
}

export function broken(service: string): AwsError {
  const [code, status] = (WORDS[service] ?? COMMON).broken;
  return new AwsError(code, 'An internal error occurred', status);
}
