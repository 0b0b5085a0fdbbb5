import type { LocalScene, Scene } from './scene';

export type { LocalScene, Scene } from './scene';

/** One documented rule of AWS IoT Secure Tunneling. */
interface Rule {
  readonly id: string;
  readonly rule: string;
  /** The document that states the rule. */
  readonly source: string;
  readonly checkedBy: 'AWS SDK' | 'raw socket' | 'WebSocket client' | 'local proxies';
}

/** A rule that can be checked wherever Secure Tunneling is, in AWS too. */
export interface Row extends Rule {
  /** Fails if the rule does not hold. */
  readonly check: (scene: Scene) => Promise<void>;
}

/** A rule whose check puts the clock forward or looks inside the service. */
export interface LocalRow extends Rule {
  readonly checkLocally: (scene: LocalScene) => Promise<void>;
}

export const API = 'https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_';
export const GUIDE = 'https://docs.aws.amazon.com/iot/latest/developerguide/';
export const PROTOCOL = (version: 1 | 2 | 3): string =>
  `https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V${version}WebSocketProtocolGuide.md`;

/** The error that a call ends with, by name and HTTP status; `undefined` if it succeeds. */
export async function failure(call: Promise<unknown>): Promise<{ name: string; status: number | undefined } | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
}

export const INVALID = { name: 'ValidationException', status: 400 };
export const NOT_FOUND = { name: 'ResourceNotFoundException', status: 400 };
