import { randomUUID } from 'node:crypto';

/** A client came to the broker, or left it. */
export interface PresenceChange {
  readonly clientId: string;
  readonly kind: 'connected' | 'disconnected';
  /** Tells one connection of a client from the next. */
  readonly session: string;
  /** How often this client has connected so far: the order of events that arrive out of order. */
  readonly version: number;
  /** It said goodbye. */
  readonly clientInitiated?: boolean;
}

/** What AWS IoT publishes about it. https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html */
export function presenceMessage({ clientId, kind, session, version, clientInitiated }: PresenceChange, account: string, now: number) {
  return {
    topic: `$aws/events/presence/${kind}/${clientId}`,
    payload: JSON.stringify({
      clientId,
      timestamp: now,
      eventType: kind,
      sessionIdentifier: session,
      principalIdentifier: account,
      versionNumber: version,
      ...(kind === 'connected'
        ? { ipAddress: '127.0.0.1' }
        : { clientInitiatedDisconnect: clientInitiated, disconnectReason: clientInitiated ? 'CLIENT_INITIATED_DISCONNECT' : 'CONNECTION_LOST' }),
    }),
  };
}

/** Counts the connections of each client. */
export class Presences {
  private readonly versions = new Map<string, number>();
  private readonly sessions = new Map<string, string>();

  connected(clientId: string): PresenceChange {
    const version = (this.versions.get(clientId) ?? -1) + 1;
    this.versions.set(clientId, version);
    this.sessions.set(clientId, randomUUID());
    return this.change(clientId, 'connected');
  }

  disconnected(clientId: string, clientInitiated: boolean): PresenceChange {
    return { ...this.change(clientId, 'disconnected'), clientInitiated };
  }

  private change(clientId: string, kind: PresenceChange['kind']): PresenceChange {
    return { clientId, kind, session: this.sessions.get(clientId) ?? '', version: this.versions.get(clientId) ?? 0 };
  }
}
