import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Row = Readonly<Record<string, unknown>>;

/** The queries of a section of the runbook, in its order. */
export function queriesOf(section: string): string[] {
  const runbook = readFileSync(join(__dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
  const [, text] = runbook.split(new RegExp(`^#{1,3} ${section}$`, 'm'));
  if (text === undefined) throw new Error(`the runbook has no section '${section}'`);
  return text.split(/^#{1,3} /m)[0].split(/\n(?! {4})/).map((block) => block.split('\n').filter((line) => /^ {4}(fields|filter|\|)/.test(line)).map((line) => line.trim()).join('\n'))
    .filter((query) => query !== '');
}

/**
 * As much of CloudWatch Logs Insights as the runbook's queries use: fields, filter with =, in and `and`, stats with count and max by fields, sort, limit.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 * @param lines what the log groups hold; what is no JSON has no fields
 * @throws Error for a command that is not known here
 */
export function ask(query: string, lines: readonly { readonly at: number; readonly text: string }[]): Row[] {
  return query.split(/\s*\|\s*/).reduce((rows: Row[], step) => {
    const [, command = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(step.trim()) ?? [];
    const run = COMMANDS[command];
    if (!run) throw new Error(`'${step}' is not known here; known are ${Object.keys(COMMANDS).join(', ')}`);
    return run(rows, rest);
  }, lines.map(({ at, text }) => ({ '@timestamp': at, ...parsed(text) })));
}

const COMMANDS: Readonly<Record<string, (rows: Row[], rest: string) => Row[]>> = {
  // Of no effect on what comes after it; it chooses what is shown.
  fields: (rows) => rows,
  filter: (rows, rest) => rows.filter((row) => rest.split(/\s+and\s+/).every((term) => holds(term, row))),
  sort(rows, rest) {
    const [field, direction] = rest.split(/\s+/);
    const sign = direction === 'desc' ? -1 : 1;
    return [...rows].sort((a, b) => sign * (Number(a[field]) - Number(b[field])));
  },
  limit: (rows, rest) => rows.slice(0, Number(rest)),
  stats(rows, rest) {
    const [measures, by = ''] = rest.split(/\s+by\s+/);
    const fields = by.split(/,\s*/);
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const key = JSON.stringify(fields.map((field) => row[field]));
      groups.set(key, [...groups.get(key) ?? [], row]);
    }
    return [...groups.values()].map((group) => Object.assign(
      Object.fromEntries(fields.map((field) => [field, group[0][field]])),
      ...measures.split(/,\s*(?=\w+\()/).map((measure) => measured(measure, group)),
    ));
  },
};

function holds(term: string, row: Row): boolean {
  const [, field, value] = /^(\S+) = "([^"]*)"$/.exec(term) ?? [];
  if (field) return row[field] === value;
  const [, among, list] = /^(\S+) in (\[.*\])$/.exec(term) ?? [];
  if (among) return (JSON.parse(list) as unknown[]).includes(row[among]);
  throw new Error(`the filter '${term}' is not known here`);
}

function measured(measure: string, group: readonly Row[]): Row {
  const [, kind, field, name] = /^(count|max)\(([^)]*)\) as (\w+)$/.exec(measure.trim()) ?? [];
  if (!kind) throw new Error(`the measure '${measure}' is not known here`);
  return { [name]: kind === 'count' ? group.length : Math.max(...group.map((row) => Number(row[field] ?? 0))) };
}

function parsed(text: string): Row {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Row : {};
  } catch {
    return {};
  }
}
