import type { Signal, Via } from './vocabulary';

/** What is wrong with a message. Names the field, never its value: the body may hold anything, even a token. */
export type Fault =
  | 'not-json' | 'not-an-object' | 'via-unknown' | 'tunnel-id-missing' | 'tunnel-id-invalid'
  | 'client-mode-unsupported' | 'version-id-invalid' | 'since-invalid' | 'attempt-invalid';

export type Normalised = { readonly ok: true; readonly signal: Signal } | { readonly ok: false; readonly fault: Fault };

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_Tunnel.html
const TUNNEL_ID = /^[a-zA-Z0-9_\-+=:]{1,128}$/;
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html (ClientRequestToken)
const VERSION_ID = /^[a-zA-Z0-9-]{32,64}$/;
const VIAS: readonly unknown[] = ['mqtt', 'eventbridge', 'sweep'] satisfies Via[];

/**
 * Turns whatever lies in the queue into a signal. Three shapes arrive there: what the IoT rule selects, an EventBridge
 * event, and our own messages (sweep and recheck, written by `toMessage`).
 */
export function normalise(body: string, sentAt: number): Normalised {
  const parsed = parse(body);
  if (parsed === undefined) return fault('not-json');
  if (!isRecord(parsed)) return fault('not-an-object');
  const fields = 'detail-type' in parsed ? { ...asRecord(parsed.detail), via: 'eventbridge' } : parsed;
  return fromFields(fields, sentAt);
}

/** The message that brings a signal back to the queue. */
export function toMessage(signal: Signal): string {
  const { tunnelId, via, proof, since, attempt } = signal;
  return JSON.stringify({ tunnelId, clientMode: 'SOURCE', via, versionId: proof, since, attempt });
}

function fromFields(fields: Record<string, unknown>, sentAt: number): Normalised {
  const { tunnelId, clientMode = 'SOURCE', via, versionId, since = sentAt, attempt = 0 } = fields;
  if (!isVia(via)) return fault('via-unknown');
  if (tunnelId === undefined || tunnelId === '') return fault('tunnel-id-missing');
  const id = typeof tunnelId === 'string' ? decode(tunnelId) : undefined;
  if (id === undefined || !TUNNEL_ID.test(id)) return fault('tunnel-id-invalid');
  if (clientMode !== 'SOURCE') return fault('client-mode-unsupported');
  if (versionId !== undefined && !(typeof versionId === 'string' && VERSION_ID.test(versionId))) return fault('version-id-invalid');
  if (!isCount(since)) return fault('since-invalid');
  if (!isCount(attempt)) return fault('attempt-invalid');
  return { ok: true, signal: { tunnelId: id, side: 'source', via, proof: versionId, since, attempt } };
}

/** Topic levels carry the id percent-encoded; `%` is in no tunnel id, so decoding a plain one changes nothing. */
function decode(tunnelId: string): string | undefined {
  try {
    return decodeURIComponent(tunnelId);
  } catch {
    return undefined;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const fault = (name: Fault): Normalised => ({ ok: false, fault: name });
const isVia = (value: unknown): value is Via => VIAS.includes(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const asRecord = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
