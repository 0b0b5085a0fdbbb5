import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyError } from '../domain/errors';

/**
 * What CloudFormation asks of the function behind a custom resource, as far as we read it.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html
 */
export interface StackRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** Lets its bearer answer, so it is for nobody's eyes. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** Absent on Create: the answer names it. */
  readonly PhysicalResourceId?: string;
  /** What the template says of the resource; of the former one, if that is to be deleted. Text all of it. */
  readonly ResourceProperties: { readonly SecretPrefix?: string; readonly Secrets?: string };
}

export interface StackAnswer {
  readonly physicalId: string;
  /** Why it failed, for whoever looks at the stack's events. */
  readonly failure?: string;
}

const PAUSES = [1_000, 3_000];
const PATIENCE = 5_000;

/**
 * Tells CloudFormation what came of its request; it waits for that, for as long as the resource's timeout, whatever else happens.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
 * @throws DependencyError if the answer is taken by nobody, so that Lambda runs the function again
 */
export async function answerStack(request: StackRequest, { physicalId, failure }: StackAnswer, pauses = PAUSES): Promise<void> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = request;
  const body = JSON.stringify({
    Status: failure === undefined ? 'SUCCESS' : 'FAILED', Reason: failure, PhysicalResourceId: physicalId, StackId, RequestId, LogicalResourceId,
  });
  for (const pause of [...pauses, undefined]) {
    const code = await put(ResponseURL, body);
    if (code === undefined) return;
    if (pause === undefined) throw new DependencyError('CloudFormation.Answer', 'unavailable', code, false);
    await sleep(pause);
  }
}

/** Undefined, or what went wrong, in a word. */
async function put(url: string, body: string): Promise<string | undefined> {
  try {
    // The URL is signed for no content type at all.
    const { ok, status } = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' }, signal: AbortSignal.timeout(PATIENCE) });
    return ok ? undefined : `Http${status}`;
  } catch (error) {
    return error instanceof Error ? error.name : 'UnknownError';
  }
}
