import { isRecord } from '../inputs';

/** How a rule changes the event on its way to a target, in the template's words. At most one of them is set. */
export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: Transformer;
}

interface Transformer {
  readonly InputPathsMap?: Readonly<Record<string, string>>;
  readonly InputTemplate: string;
}

interface RuleNames {
  readonly name: string;
  readonly arn: string;
}

/** What the target gets, as text. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html */
export function targetInput(event: object, { Input, InputPath, InputTransformer }: TargetInput, rule: RuleNames): string {
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(valueAt(event, InputPath) ?? null);
  if (InputTransformer) return transform(event, InputTransformer, rule);
  return JSON.stringify(event);
}

function transform(event: object, { InputPathsMap = {}, InputTemplate }: Transformer, rule: RuleNames): string {
  const reserved: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': (event as { time?: string }).time,
    'aws.events.event': withoutDetail(event),
    'aws.events.event.json': event,
  };
  const valueOf = (name: string) => (Object.hasOwn(InputPathsMap, name) ? valueAt(event, InputPathsMap[name]) : reserved[name]);
  return InputTemplate.replace(/"?<([\w.-]+)>"?/g, (found, name: string) => {
    if (!Object.hasOwn(InputPathsMap, name) && !Object.hasOwn(reserved, name)) return found;
    const value = valueOf(name);
    const quoted = found.startsWith('"') && found.endsWith('"');
    if (quoted) return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value === undefined ? '' : JSON.stringify(value));
    // Beside other text, or as a value of its own: strings inside a longer string come without quotes.
    const open = found.startsWith('"') ? '"' : '';
    const close = found.endsWith('"') ? '"' : '';
    const plain = open !== '' || close !== '' || insideString(InputTemplate, found);
    const written = typeof value === 'string' && plain ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value ?? '');
    return open + written + close;
  });
}

/** Does an odd number of quotes stand before the placeholder? */
function insideString(template: string, found: string): boolean {
  const before = template.slice(0, template.indexOf(found)).replaceAll('\\"', '');
  return (before.split('"').length - 1) % 2 === 1;
}

function withoutDetail(event: object): object {
  return Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'detail'));
}

/** `$.detail.tunnelId`, `$.resources[0]`. */
export function valueAt(event: unknown, path: string): unknown {
  if (!/^\$(?:\.[\w-]+|\[\d+\])*$/.test(path)) throw new TypeError(`JSON path '${path}' is not known here; known are $, .name and [index]`);
  const steps = path.match(/[\w-]+/g) ?? [];
  return steps.reduce<unknown>((value, step) => (Array.isArray(value) ? value[Number(step)] : isRecord(value) ? value[step] : undefined), event);
}
