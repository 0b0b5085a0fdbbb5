import { createHash } from 'node:crypto';
import type { SideName } from './vocabulary';

/** Source of randomness; tests may put a seeded one in its place. */
export type Random = (bytes: number) => Buffer;

/**
 * What the service remembers of a client access token: never the token itself, so that no dump of its state can leak one.
 * https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling-concepts.html (client access token)
 */
export interface AccessToken {
  readonly tunnelId: string;
  readonly side: SideName;
  /** A connection was made with it. */
  used: boolean;
  /** RotateTunnelAccessToken put another one in its place. */
  revoked: boolean;
  /** Fingerprint of the client token that it was used with, which alone may use it again. */
  clientToken?: string;
}

/** A token as JSON can hold it: fingerprints only. */
export interface TokenState extends AccessToken {
  readonly fingerprint: string;
}

/** Every token of the account that may still be presented, by fingerprint. */
export class Tokens {
  private readonly known = new Map<string, AccessToken>();

  /** @param isOpen does this tunnel exist, and is it OPEN? */
  constructor(private readonly random: Random, private readonly isOpen: (tunnelId: string) => boolean) {}

  /** A fresh token for one side. The text is returned once and kept nowhere. */
  issue(tunnelId: string, side: SideName): { readonly text: string; readonly token: AccessToken } {
    const text = `LOCALCAT-${this.random(96).toString('base64url')}`;
    const token: AccessToken = { tunnelId, side, used: false, revoked: false };
    this.known.set(fingerprint(text), token);
    return { text, token };
  }

  find(text: string): AccessToken | undefined {
    return this.known.get(fingerprint(text));
  }

  saved(): TokenState[] {
    return [...this.known].map(([key, token]) => ({ fingerprint: key, ...token }));
  }

  restore({ fingerprint: key, ...token }: TokenState): AccessToken {
    this.known.set(key, token);
    return token;
  }

  /** Is the tunnel that this token opens closed by now? */
  outlived({ tunnelId }: AccessToken): boolean {
    return !this.isOpen(tunnelId);
  }

  /** Is this client token tied to a tunnel other than the given one that is still open? */
  clientTokenTaken(clientToken: string, tunnelId: string): boolean {
    for (const token of this.known.values()) {
      if (token.clientToken === clientToken && token.tunnelId !== tunnelId && this.isOpen(token.tunnelId)) return true;
    }
    return false;
  }

  /** The tunnel was deleted: its tokens are unknown from now on. */
  forget(tunnelId: string): void {
    for (const [key, token] of this.known) if (token.tunnelId === tunnelId) this.known.delete(key);
  }
}

/** One-way image of a secret text. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
