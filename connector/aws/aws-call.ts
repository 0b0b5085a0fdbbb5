import { AwsCallError, classify, type Permission } from '../session/failures';

/** Runs one call and turns what it throws into an `AwsCallError` that holds nothing of the answer. */
export async function awsCall<T>(permission: Permission, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const failure = classify(error);
    if (!failure) throw error;
    throw new AwsCallError(keyRefused(error) ? { action: 'kms:Decrypt', resource: THE_KEY } : permission, failure.kind, failure.code);
  }
}

/** Does the thing that was asked for not exist, or not any more? */
export function isAbsence(error: unknown): boolean {
  // InvalidRequestException: the secret is scheduled for deletion.
  return error instanceof AwsCallError && /^(ResourceNotFoundException|InvalidRequestException)$/.test(error.code);
}

const THE_KEY = '<the key that encrypts the secret>';

/** Secrets Manager says AccessDenied for the caller's missing kms:Decrypt too; only the message tells. */
function keyRefused(error: unknown): boolean {
  const { name, message = '' } = error as Partial<Error>;
  return name === 'AccessDeniedException' && /\bKMS\b|kms:Decrypt/.test(message);
}

/** ARNs of what is called, in a region; `*` stands for the account, which nobody may know yet. */
export function arnsOf(region: string) {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:*:${resource}`;
  return {
    tunnel: (tunnelId: string) => arn('iot', `tunnel/${tunnelId}`),
    topic: (topic: string) => arn('iot', `topic/${topic}`),
    // Secrets Manager adds a hyphen and six characters to each ARN.
    secret: (name: string) => arn('secretsmanager', `secret:${name}-??????`),
  };
}
