import { isRecord } from '../inputs';
import type { Publication } from './broker';

/** The statement says something that is not known here. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
}

export interface RuleStatement {
  readonly topicFilter: string;
  /** The outgoing message, or undefined if the rule does not apply to this one. */
  select(publication: Publication, now: number): Record<string, unknown> | undefined;
}

type Expression = (context: EvaluationContext) => unknown;
interface EvaluationContext {
  readonly publication: Publication;
  readonly document: Readonly<Record<string, unknown>>;
  readonly now: number;
}

/**
 * AWS IoT SQL, the part that our rules use: `SELECT <expression> AS name, ..., * FROM '<filter>' [WHERE <expression>]`
 * with fields, literals, `topic()`, `topic(n)`, `timestamp()`, `clientid()`, `=`, `<>`, `AND`, `OR` and `NOT`.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
 * @throws SqlError naming what is not known here
 */
export function parseSql(sql: string): RuleStatement {
  const tokens = tokenize(sql);
  const parser = new Parser(tokens);
  parser.keyword('SELECT');
  const columns = parser.columns();
  parser.keyword('FROM');
  const topicFilter = parser.text();
  const where = parser.optionalKeyword('WHERE') ? parser.expression() : undefined;
  parser.end();

  return {
    topicFilter,
    select(publication, now) {
      const context = { publication, document: parseDocument(publication.payload), now };
      if (where && where(context) !== true) return undefined;
      // An undefined value is left out of the message.
      const entries = columns.flatMap((column) => column(context)).filter(([, value]) => value !== undefined);
      return Object.fromEntries(entries);
    },
  };
}

/** A payload that is no JSON object has no fields, and is no error. */
function parseDocument(payload: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(payload.toString('utf8'));
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

const TOKEN = /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<name>[A-Za-z_]\w*)|(?<sign><>|!=|[=(),.*]))/y;

interface Token { readonly kind: 'text' | 'number' | 'name' | 'sign' | 'end'; readonly value: string }

function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const source = sql.trimEnd();
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(source)?.groups;
    const found = Object.entries(groups ?? {}).find(([, value]) => value !== undefined) as [Token['kind'], string] | undefined;
    if (!found) throw new SqlError(`IoT SQL: '${source.slice(at).trim()}' is not known here`);
    const [kind, value] = found;
    tokens.push({ kind, value: kind === 'text' ? value.slice(1, -1).replaceAll("''", "'") : value });
  }
  return tokens;
}

type Column = (context: EvaluationContext) => [string, unknown][];

class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  columns(): Column[] {
    const columns = [this.column()];
    while (this.sign(',')) columns.push(this.column());
    return columns;
  }

  private column(): Column {
    if (this.sign('*')) return ({ document }) => Object.entries(document);
    const start = this.position;
    const value = this.expression();
    const name = this.optionalKeyword('AS') ? this.name() : this.impliedName(start);
    return (context) => [[name, value(context)]];
  }

  /** Without AS, a field is called like its last step. */
  private impliedName(start: number): string {
    const last = this.tokens[this.position - 1];
    const plain = this.tokens.slice(start, this.position).every(({ kind, value }) => kind === 'name' || value === '.');
    if (!plain) throw new SqlError('IoT SQL: an expression needs a name (AS ...) here');
    return last.value;
  }

  expression(): Expression {
    let left = this.conjunction();
    while (this.optionalKeyword('OR')) {
      const [first, second] = [left, this.conjunction()];
      left = (context) => first(context) === true || second(context) === true;
    }
    return left;
  }

  private conjunction(): Expression {
    let left = this.comparison();
    while (this.optionalKeyword('AND')) {
      const [first, second] = [left, this.comparison()];
      left = (context) => first(context) === true && second(context) === true;
    }
    return left;
  }

  private comparison(): Expression {
    if (this.optionalKeyword('NOT')) {
      const inner = this.comparison();
      return (context) => inner(context) !== true;
    }
    const left = this.operand();
    if (this.sign('=')) {
      const right = this.operand();
      return (context) => left(context) === right(context);
    }
    if (this.sign('<>') || this.sign('!=')) {
      const right = this.operand();
      return (context) => left(context) !== right(context);
    }
    return left;
  }

  private operand(): Expression {
    if (this.sign('(')) {
      const inner = this.expression();
      this.expectSign(')');
      return inner;
    }
    const token = this.next();
    if (token.kind === 'text') return () => token.value;
    if (token.kind === 'number') return () => Number(token.value);
    if (token.kind === 'name') {
      if (this.sign('(')) return this.call(token.value);
      const lower = token.value.toLowerCase();
      if (lower === 'true' || lower === 'false') return () => lower === 'true';
      return this.field(token.value);
    }
    throw this.unexpected(token);
  }

  private field(first: string): Expression {
    const steps = [first];
    while (this.sign('.')) steps.push(this.name());
    return ({ document }) => steps.reduce<unknown>((value, step) => (isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined), document);
  }

  private call(name: string): Expression {
    const args: Expression[] = [];
    if (!this.sign(')')) {
      do args.push(this.expression()); while (this.sign(','));
      this.expectSign(')');
    }
    switch (name.toLowerCase()) {
      case 'topic': {
        const [index] = args;
        if (!index) return ({ publication }) => publication.topic;
        return (context) => context.publication.topic.split('/')[Number(index(context)) - 1];
      }
      case 'timestamp': return ({ now }) => now;
      case 'clientid': return ({ publication }) => publication.clientId ?? 'N/A';
      default: throw new SqlError(`IoT SQL: function '${name}' is not known here; known are topic, timestamp and clientid`);
    }
  }

  keyword(word: string): void {
    const token = this.next();
    if (token.kind !== 'name' || token.value.toUpperCase() !== word) throw this.unexpected(token, word);
  }

  optionalKeyword(word: string): boolean {
    const token = this.tokens[this.position];
    const found = token?.kind === 'name' && token.value.toUpperCase() === word;
    if (found) this.position += 1;
    return found;
  }

  text(): string {
    const token = this.next();
    if (token.kind !== 'text') throw this.unexpected(token, 'a quoted text');
    return token.value;
  }

  private name(): string {
    const token = this.next();
    if (token.kind !== 'name') throw this.unexpected(token, 'a name');
    return token.value;
  }

  private sign(value: string): boolean {
    const token = this.tokens[this.position];
    const found = token?.kind === 'sign' && token.value === value;
    if (found) this.position += 1;
    return found;
  }

  private expectSign(value: string): void {
    if (!this.sign(value)) throw this.unexpected(this.next(), value);
  }

  end(): void {
    if (this.position < this.tokens.length) throw this.unexpected(this.tokens[this.position]);
  }

  private next(): Token {
    const token = this.tokens[this.position] ?? { kind: 'end', value: 'the end' };
    this.position += 1;
    return token;
  }

  private unexpected({ value }: Token, wanted?: string): SqlError {
    return new SqlError(`IoT SQL: '${value}' is not known here${wanted ? `; expected ${wanted}` : ''}`);
  }
}
