/**
 * What every emulated AWS service is made of. A service is a table of actions, one function an API action; the HTTP
 * front (`http-front.ts`) finds the action and turns results and errors into AWS's wire format.
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
  /** When the caller says that it signed the request; epoch milliseconds. */
  readonly signedAt?: number;
}

export type Action = (call: Call) => Promise<object> | object;

/** One permission that a call needs. A call is allowed if all of its needs are. */
export interface Need {
  /** As IAM names it, for example `iot:RotateTunnelAccessToken`. */
  readonly action: string;
  /** ARN, or `*` for an action without resource types. */
  readonly resource: string;
  /** Condition keys that the service adds, for example `{ 'iot:ClientMode': 'SOURCE' }`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** The resource's own policy, if it has one; alone it can allow a call within the account. */
  readonly resourcePolicy?: object;
}

export interface Service {
  /** IAM-style name for messages, for example `secretsmanager`. */
  readonly name: string;
  /** What stands before the dot in `X-Amz-Target`, for example `IoTSecuredTunneling`. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  readonly actions: Readonly<Record<string, Action>>;
  /** Parameters of an action that have their effect; any other one is refused by name. Absent: unknown ones are ignored, as AWS does. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** Error codes that were called otherwise in the service's older protocol. */
  readonly queryCodes?: Readonly<Record<string, string>>;
  /** What the caller's role must allow. A function cannot call a service that leaves this out. */
  readonly needs?: (call: Call) => readonly Need[];
}

/** An error in AWS's shape: the client sees `code` as `__type` and `name`, and `message`. */
export class AwsError extends Error {
  /** @param detail further fields of the error's body, for example `Item` of a failed condition. */
  constructor(readonly code: string, message: string, readonly status = 400, readonly detail: object = {}) {
    super(message);
    this.name = code;
  }
}
