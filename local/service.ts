/**
 * What every emulated AWS service is made of. A service is a table of actions, one function an API action; the HTTP
 * front (`cloud.ts`) finds the action by its `X-Amz-Target` header and turns results and errors into AWS's wire format.
 */

/** Who calls, and when. */
export interface Call {
  readonly service: string;
  readonly action: string;
  /** Parsed request body; untrusted. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Access key id that signed the request; names the function instance or user behind it. */
  readonly accessKeyId: string;
  readonly requestId: string;
}

export type Action = (call: Call) => Promise<object> | object;

export interface Service {
  /** IAM-style name for messages, for example `secretsmanager`. */
  readonly name: string;
  /** What stands before the dot in `X-Amz-Target`, for example `IoTSecuredTunneling`. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  readonly actions: Readonly<Record<string, Action>>;
}

/** An error in AWS's shape: the client sees `code` as `__type` and `name`, and `message`. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400) {
    super(message);
    this.name = code;
  }
}

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';
