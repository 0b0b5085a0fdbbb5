import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence, Right } from './rights';

/** What one story showed. */
export interface Testimony extends Evidence {
  readonly file: string;
  readonly story: string;
}

/** Where stories leave their evidence, if somebody asks for it. */
export const EVIDENCE_DIRECTORY = 'STORY_EVIDENCE';

/** Keeps what the story that runs now has shown. */
export function recordEvidence(evidence: Evidence): void {
  const directory = process.env[EVIDENCE_DIRECTORY];
  if (directory === undefined) return;
  const { testPath = '', currentTestName: story = '' } = expect.getState();
  const testimony: Testimony = { ...evidence, file: testPath.replace(/^.*\/test\//, 'test/'), story };
  writeFileSync(join(directory, `${randomUUID()}.json`), JSON.stringify(testimony));
}

export function readEvidence(directory: string): Testimony[] {
  return readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Testimony)
    .sort((a, b) => (a.file + a.story < b.file + b.story ? -1 : 1));
}

/** A right and a story that needed it, or why it is there without. */
export interface Row extends Right {
  readonly story?: string;
  readonly open?: string;
}

/** Rights that are there because AWS's documents leave open which of two it checks, and those that AWS itself uses where the local cloud has nothing to use them. */
const OPEN: readonly (readonly [right: Partial<Record<keyof Right, RegExp>>, why: string])[] = [
  [{ action: /^secretsmanager:/, resource: /\/\*\/source$/ }, 'before a secret exists it has no suffix, and AWS does not say by which name the call is judged'],
  [{ role: /^policy of kms: .* logs\./ }, 'CloudWatch Logs encrypts by itself; the local cloud has no KMS'],
  [{ role: /^policy of kms: .* iam: root$/ }, 'written by the CDK for every key: it leaves the key to IAM'],
];

const reasonOf = (right: Right): string | undefined => OPEN.find(([like]) => Object.entries(like).every(([part, pattern]) => pattern.test(right[part as keyof Right])))?.[1];

export interface Summary {
  readonly rows: readonly Row[];
  readonly stories: number;
  readonly mutants: number;
  /** Rights that no story needed, and calls that should be denied and are not. */
  readonly gaps: readonly string[];
}

export function summarize(testimonies: readonly Testimony[]): Summary {
  const key = ({ role, action, resource, condition }: Right) => [role, action, resource, condition].join(' | ');
  const rights = new Map(testimonies.flatMap(({ rights }) => rights).map((right) => [key(right), right]));
  // The story that needed least tells most.
  const telling = [...testimonies].sort((a, b) => b.used.length - a.used.length);
  const needed = new Map(telling.flatMap(({ used, file, story }) => used.map((right) => [key(right), `${file}: ${story}`] as const)));
  const rows = [...rights].sort(([a], [b]) => (a < b ? -1 : 1)).map(([each, right]) => ({ ...right, story: needed.get(each), open: reasonOf(right) }));
  const unneeded = rows.filter(({ story, open }) => story === undefined && open === undefined).map((row) => `no story needs: ${key(row)}`);
  const escaped = [...new Set(testimonies.flatMap(({ escaped }) => escaped))].map((call) => `is not denied: ${call}`);
  return { rows, stories: testimonies.length, mutants: testimonies.reduce((sum, { mutants }) => sum + mutants, 0), gaps: [...unneeded, ...escaped] };
}
