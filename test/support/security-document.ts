import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarize, type Row, type Testimony } from './evidence';

const ROOT = join(__dirname, '..', '..');

export interface Judgement {
  /** The document with today's tables. */
  readonly today: string;
  readonly tables: string;
  /** In a few words, how much was held against what. */
  readonly extent: string;
  /** Whatever is open: rights without need, calls that should be denied, claims without a test, tables of yesterday. */
  readonly gaps: readonly string[];
}

/** Holds `docs/security.md` against what the stories and grants have shown, and against the tests that it names. */
export function judge(testimonies: readonly Testimony[], document: string): Judgement {
  const { rows, stories, mutants, gaps } = summarize(testimonies);
  const tables = { rights: tableOfRights(rows.filter(({ role }) => !isGrant(role))), grants: tableOfGrants(rows.filter(({ role }) => isGrant(role))) };
  const today = Object.entries(tables).reduce((text, [name, table]) => withTable(text, name, table), document);
  const missing = [...(stories === 0 ? ['nothing was shown at all'] : []), ...SHOWN.filter(([like]) => !rows.some(({ role }) => like.test(role))).map(([, what]) => `nothing was shown of ${what}`)];
  return {
    today,
    tables: Object.values(tables).join('\n\n'),
    extent: `${stories} stories and grants; ${mutants.toLocaleString('en')} calls beside those that they made, each of which must be denied; ${rows.length} rights.`,
    gaps: [
      ...missing, ...gaps, ...missingTests(document), ...unshownClaims(document),
      ...(withoutStories(today) === withoutStories(document) ? [] : ['docs/security.md has other tables: npm run security -- --write']),
    ],
  };
}

/** What the evidence must speak of, so that it can't be complete by being short. */
const SHOWN: readonly (readonly [role: RegExp, what: string])[] = [
  [/^<RotatorRole>$/, 'the rotator'], [/^<RotatorSweeperRole>$/, 'the sweeper'], [/^<RotatorSecretCleanupRole>$/, 'the cleaner'], [/^policy of sqs: /, 'the queues'],
  [/^policy of kms: /, 'a key of the deployer\'s'], [/^grantReadToken/, 'grantReadToken'], [/^grantSignal/, 'grantSignal'], [/^grantConnect/, 'grantConnect'],
];

const isGrant = (role: string) => role.startsWith('grant');

const marks = (name: string) => [`<!-- ${name}: written by npm run security -- --write -->`, `<!-- end of ${name} -->`];

/** @throws Error if the document has no place for the table */
function withTable(document: string, name: string, table: string): string {
  const [begin, end] = marks(name);
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/security.md must hold '${begin}' and '${end}'`);
  return `${document.slice(0, from + begin.length)}\n${table}\n${document.slice(to)}`;
}

/** A role's name for people: what stands between `<Rotator` and `Role>`. */
const roleName = (role: string) => (/^<.*Role>$/.test(role) ? spaced(role.replace(/^<Rotator(.*)Role>$/, '$1')) || 'rotator' : escaped(role.replace(/<Rotator(\w+)>/g, (_, name: string) => spaced(name))));
const spaced = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
const cell = (text: string) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function tableOfRights(rows: readonly Row[]): string {
  const need = ({ story, open }: Row) => escaped(story ?? (open === undefined ? '**nobody**' : `none: ${open}`));
  const lines = rows.map((row) => line([roleName(row.role), cell(row.action), cell(row.resource), cell(row.condition), need(row)]));
  return ['| role, or whose policy | action | resource | condition | a story that needs it |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** One line for each grant and action. */
function tableOfGrants(rows: readonly Row[]): string {
  const lines = new Map<string, { readonly row: Row; readonly resources: string[] }>();
  for (const row of rows) {
    const key = [row.role, row.action, row.condition].join(' | ');
    lines.set(key, { row, resources: [...lines.get(key)?.resources ?? [], row.resource] });
  }
  return ['| grant | allows | on | if |', '| --- | --- | --- | --- |', ...[...lines.values()].map(({ row, resources }) =>
    line([cell(row.role), cell(row.action), resources.map(cell).join(', '), cell(row.condition)]))].join('\n');
}

/** Which of several stories stands for a right depends on what else happened in them: any will do. */
const withoutStories = (text: string) => text.replace(/^(\|.*\|) [^|]*(?:\\\|[^|]*)* \|$/gm, (whole: string, rest: string) => (rest.split(/(?<!\\)\|/).length === 6 ? rest : whole));

const NAMED_TEST = /`(test\/[\w./-]+\.test\.ts)(?:: ([^`]+))?`/g;

/** Tests that the document names, as `test/file.test.ts: words of its title`, must be there. */
function missingTests(document: string): string[] {
  return [...document.matchAll(NAMED_TEST)]
    .filter(([, file, title = '']) => !existsSync(join(ROOT, file)) || !readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'").includes(title))
    .map(([name]) => `docs/security.md names a test that is not there: ${name}`);
}

/** Each sentence of the threat model must name the test that shows it. */
function unshownClaims(document: string): string[] {
  const [, model = ''] = document.split(/^## Threat model$/m);
  const claims = model.split(/^## /m)[0].split('\n').filter((text) => text.startsWith('- ')).flatMap(sentences);
  if (claims.length === 0) return ['docs/security.md has no threat model'];
  return claims.filter((claim) => !claim.match(NAMED_TEST)).map((claim) => `docs/security.md claims what no test shows: ${claim}`);
}

/** What stands between backticks may hold full stops of its own. */
function sentences(text: string): string[] {
  const hidden: string[] = [];
  const plain = text.replace(/^- /, '').replace(/`[^`]*`/g, (code) => `\0${hidden.push(code) - 1}\0`);
  return plain.split(/(?<=\.)\s+/).map((sentence) => sentence.replace(/\0(\d+)\0/g, (_, index: string) => hidden[Number(index)]));
}
