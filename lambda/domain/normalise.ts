import { Confidential } from '../../lib/confidential';
import { SIDES, type DestinationConfig, type Presence, type Side, type Signal, type Via } from './vocabulary';

/** What is wrong with a message. Names the field, never its value: the body may hold anything, even a token. */
export type Fault =
  | 'not-json' | 'not-an-object' | 'via-unknown' | 'kind-unknown' | 'tunnel-id-missing' | 'tunnel-id-invalid' | 'thing-name-invalid'
  | 'client-mode-unknown' | 'proof-invalid' | 'destination-config-invalid' | 'since-invalid' | 'attempt-invalid';

export type Normalised =
  | { readonly ok: true; readonly signal: Signal }
  | { readonly ok: true; readonly presence: Presence }
  | { readonly ok: false; readonly fault: Fault };

/** `detail-type` of an EventBridge event that asks for a token; every other one speaks of a drop. */
const TOKEN_REQUESTED = 'Tunnel Token Requested';

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_Tunnel.html
const TUNNEL_ID = /^[a-zA-Z0-9_\-+=:]{1,128}$/;
// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_DestinationConfig.html
const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const SERVICE = /^[a-zA-Z0-9:_-]{1,128}$/;
/** As `lambda/proof.ts` makes them, and room for other ways. */
const PROOF = /^[a-zA-Z0-9_-]{32,128}$/;
const VIAS: readonly unknown[] = ['mqtt', 'eventbridge', 'presence', 'sweep'] satisfies Via[];
const CLIENT_MODES: Readonly<Record<string, readonly Side[]>> = { SOURCE: ['source'], DESTINATION: ['destination'], ALL: SIDES };

/**
 * Turns whatever lies in the queue into a signal, or into news of a device's presence. Three shapes arrive there: what an
 * IoT rule selects, an EventBridge event, and our own messages (sweep and recheck, written by `toMessage`).
 */
export function normalise(body: string, sentAt: number): Normalised {
  const parsed = parse(body);
  if (parsed === undefined) return fault('not-json');
  if (!isRecord(parsed)) return fault('not-an-object');
  const fields = 'detail-type' in parsed ? fromEvent(parsed) : parsed;
  if (!isVia(fields.via)) return fault('via-unknown');
  const { since = sentAt, attempt = 0 } = fields;
  if (!isCount(since)) return fault('since-invalid');
  if (!isCount(attempt)) return fault('attempt-invalid');
  return fields.via === 'presence' && fields.tunnelId === undefined
    ? presence(fields, since, attempt)
    : signal(fields, fields.via, since, attempt);
}

/** The message that brings a signal, or the news of a presence, back to the queue. */
export function toMessage(news: Signal | Presence): string {
  if (!('tunnelId' in news)) return JSON.stringify({ ...news, via: 'presence' });
  const { sides, proof, ...rest } = news;
  const clientMode = sides.length > 1 ? 'ALL' : sides[0].toUpperCase();
  return JSON.stringify({ ...rest, clientMode, proof: proof?.reveal() });
}

function signal(fields: Record<string, unknown>, via: Via, since: number, attempt: number): Normalised {
  const { tunnelId, clientMode = 'SOURCE', kind = 'drop', proof, thingName, destinationConfig, unknownSince } = fields;
  if (tunnelId === undefined || tunnelId === '') return fault('tunnel-id-missing');
  const id = typeof tunnelId === 'string' ? decode(tunnelId) : undefined;
  if (id === undefined || !TUNNEL_ID.test(id)) return fault('tunnel-id-invalid');
  if (kind !== 'drop' && kind !== 'token-request') return fault('kind-unknown');
  if (typeof clientMode !== 'string' || !Object.hasOwn(CLIENT_MODES, clientMode)) return fault('client-mode-unknown');
  if (proof !== undefined && !isText(proof, PROOF)) return fault('proof-invalid');
  if (thingName !== undefined && !isText(thingName, THING_NAME)) return fault('thing-name-invalid');
  if (destinationConfig !== undefined && !isDestinationConfig(destinationConfig)) return fault('destination-config-invalid');
  if (unknownSince !== undefined && !isCount(unknownSince)) return fault('since-invalid');
  const sides = CLIENT_MODES[clientMode];
  return {
    ok: true,
    signal: {
      tunnelId: id, sides, kind, via, proof: proof === undefined ? undefined : new Confidential(proof),
      thingName, destinationConfig, since, attempt, unknownSince,
    },
  };
}

function presence({ thingName }: Record<string, unknown>, since: number, attempt: number): Normalised {
  return isText(thingName, THING_NAME) ? { ok: true, presence: { thingName, since, attempt } } : fault('thing-name-invalid');
}

/** Named fields only: when a signal came in, and how often it was looked at, is nobody else's to say. */
function fromEvent(event: Record<string, unknown>): Record<string, unknown> {
  const kind = event['detail-type'] === TOKEN_REQUESTED ? 'token-request' : 'drop';
  const { tunnelId, clientMode, proof, thingName, destinationConfig } = isRecord(event.detail) ? event.detail : {};
  return { tunnelId, clientMode, proof, thingName, destinationConfig, kind, via: 'eventbridge' };
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

function isDestinationConfig(value: unknown): value is DestinationConfig {
  if (!isRecord(value)) return false;
  const { thingName, services } = value;
  return (thingName === undefined || isText(thingName, THING_NAME))
    && Array.isArray(services) && services.length > 0 && services.every((service) => isText(service, SERVICE));
}

const fault = (name: Fault): Normalised => ({ ok: false, fault: name });
const isVia = (value: unknown): value is Via => VIAS.includes(value);
const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
