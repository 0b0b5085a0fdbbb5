import { readFileSync } from 'node:fs';
import { describeSwitches, setSwitches, SwitchError } from './admin/switches';
import { isRecord } from './inputs';
import { type Behaviour, LIKELY_BEHAVIOUR } from './tunneling/behaviour';

/** What was measured of AWS, in one file: no ids, no tokens, no account. */
export interface Profile {
  /** When, in UTC: 2026-01-31. */
  readonly measuredOn: string;
  readonly region: string;
  /** Switches of the local cloud that an answer was found for, in the position that does as AWS did. */
  readonly behaviour: Partial<Behaviour>;
  /** Every question, with what was seen. */
  readonly answers: readonly {
    readonly id: string; readonly question: string; readonly answer: string; readonly evidence: string; readonly certainty: string;
  }[];
}

const SCHEMA_VERSION = 1;

/** There is no such file, or it holds no profile. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

export function formatProfile({ behaviour, ...profile }: Profile): string {
  const known = describeSwitches({ ...LIKELY_BEHAVIOUR, ...behaviour });
  const switches = Object.fromEntries(Object.entries(known).filter(([name]) => name in behaviour));
  return `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...profile, behaviour: switches }, undefined, 2)}\n`;
}

/**
 * Reads what `calibrate` wrote.
 * @throws ProfileError
 */
export function readProfile(file: string): Profile {
  return parseProfile(tried(file, () => readFileSync(file, 'utf8')), file);
}

/**
 * @param file where the text is from
 * @throws ProfileError
 */
export function parseProfile(text: string, file: string): Profile {
  const profile = tried(file, () => JSON.parse(text) as unknown);
  if (!isRecord(profile) || profile.schemaVersion !== SCHEMA_VERSION || !isRecord(profile.behaviour)) {
    throw new ProfileError(`${file} is no profile of version ${SCHEMA_VERSION}; tunnel-local-cloud calibrate writes one`);
  }
  const behaviour: Behaviour = { ...LIKELY_BEHAVIOUR };
  try {
    setSwitches(behaviour, profile.behaviour);
  } catch (error) {
    if (error instanceof SwitchError) throw new ProfileError(`${file}: ${error.message}`);
    throw error;
  }
  const known = Object.fromEntries(Object.keys(profile.behaviour).map((name) => [name, behaviour[name as keyof Behaviour]]));
  return { ...(profile as unknown as Profile), behaviour: known };
}

function tried<T>(file: string, reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    throw new ProfileError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
