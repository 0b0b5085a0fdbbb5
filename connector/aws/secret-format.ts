import { Confidential } from '../../lib/confidential';
import { SecretFormatError } from '../session/failures';
import type { TokenVersion } from '../session/vocabulary';

/** What this version of the connector can read. */
const SCHEMA_VERSION = 1;

/**
 * Reads what the rotator wrote.
 *
 * @throws SecretFormatError which names what is wrong, never a value
 */
export function parseSecret(name: string, text: string | undefined): TokenVersion {
  const fields = parse(text);
  if (!fields) throw new SecretFormatError(name, 'does not hold a JSON object');
  const { schemaVersion, token, proof, clientMode, generation } = fields;
  if (schemaVersion !== SCHEMA_VERSION) throw new SecretFormatError(name, `has not the schemaVersion ${SCHEMA_VERSION} that this connector reads`);
  if (clientMode !== 'SOURCE') throw new SecretFormatError(name, 'is not for the clientMode SOURCE');
  // Shorter than any token, and too short to be blotted out of the output safely.
  if (typeof token !== 'string' || token.length < 8) throw new SecretFormatError(name, 'holds no token');
  if (typeof proof !== 'string' || proof.length < 8) throw new SecretFormatError(name, 'holds no proof');
  return {
    token: new Confidential(token),
    proof: new Confidential(proof),
    generation: typeof generation === 'number' ? generation : undefined,
  };
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
