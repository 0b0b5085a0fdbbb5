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
  let inString = false;
  return InputTemplate.replace(/\\.|"|<([\w.-]+)>/gs, (found, name: string | undefined) => {
    if (found === '"') inString = !inString;
    if (name === undefined || !(Object.hasOwn(InputPathsMap, name) || Object.hasOwn(reserved, name))) return found;
    const value = valueOf(name) ?? '';
    if (!inString) return JSON.stringify(value);
    // Inside a text everything is text, without quotes of its own.
    return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value)).slice(1, -1);
  });
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
