import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { isRecord, optionalString, records, strings, type Input } from '../inputs';
import { remember } from '../journal';
import { paged } from '../paging';
import type { Place } from '../place';
import { AwsError, type Call, type Need, type Service } from '../service';
import { compilePattern, type Matcher } from './pattern';
import { ratePeriod } from './schedule';
import { targetInput, type TargetInput } from './target-input';

/** An event as rules and targets see it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface Target extends TargetInput {
  readonly id: string;
  readonly arn: string;
  /** How often a delivery is tried again when the target's service fails. @default 185 */
  readonly retries?: number;
  /** Where an input goes that could not be delivered. */
  readonly deadLetterArn?: string;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly bus: string;
  readonly enabled: boolean;
  readonly matches?: Matcher;
  readonly schedule?: string;
  readonly targets: readonly Target[];
}

/** Gives the text to the target, with the rights that EventBridge has there. */
export type Deliver = (rule: Rule, target: Target, input: string) => void;

export interface EventBridge {
  readonly service: Service;
  /** Every event that was put on a bus, scheduled ones included. */
  readonly events: readonly { readonly bus: string; readonly event: BusEvent }[];
  readonly buses: Set<string>;
  busArn(name: string): string;
  /** A rule that does nothing yet. @throws PatternError, ScheduleError */
  addRule(rule: Omit<Rule, 'matches' | 'arn'> & { pattern?: unknown }): Rule;
  /** From now on the rule matches events and keeps its schedule. */
  beginRule(name: string): void;
  removeRule(name: string): void;
  /** Fires a schedule now; without a name, every one of them. @returns the names of those that were there */
  fireSchedule(ruleName?: string): string[];
  put(bus: string, event: BusEvent): void;
  close(): void;
}

export interface EventBridgeOptions {
  readonly clock: Clock;
  readonly place: Place;
  readonly deliver: Deliver;
  /** Milliseconds; takes the place of every rule's own rate. */
  readonly schedulePeriod?: number;
}

const PAGES = { size: 'Limit', most: 100, invalidSize: 'ValidationException', invalidToken: 'ValidationException' };

const PARAMETERS = {
  PutEvents: ['Entries'],
  ListRules: ['NamePrefix', 'EventBusName', 'NextToken', 'Limit'],
  ListEventBuses: ['NamePrefix', 'NextToken', 'Limit'],
};

/** Amazon EventBridge. https://docs.aws.amazon.com/eventbridge/latest/APIReference/ */
export function createEventBridge({ clock, place, deliver, schedulePeriod }: EventBridgeOptions): EventBridge {
  const busArn = (name: string) => place.arn('events', `event-bus/${name}`);
  const ruleArn = ({ bus, name }: { bus: string; name: string }) => place.arn('events', `rule/${bus === 'default' ? '' : `${bus}/`}${name}`);
  const rules = new Map<string, Rule>();
  /** Of those, the rules that have begun. */
  const begun = new Set<Rule>();
  const timers = new Map<string, () => void>();
  const events: { bus: string; event: BusEvent }[] = [];
  const buses = new Set(['default']);

  const put = (bus: string, event: BusEvent) => {
    remember(events, { bus, event });
    for (const rule of begun) {
      if (rule.enabled && rule.bus === bus && rule.matches?.(event)) send(rule, event);
    }
  };
  const send = (rule: Rule, event: BusEvent) => {
    for (const target of rule.targets) deliver(rule, target, targetInput(event, target, rule));
  };
  const fire = (rule: Rule) => {
    const event = newEvent(clock, place, { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [rule.arn], detail: {} });
    remember(events, { bus: rule.bus, event });
    send(rule, event);
  };
  const arm = (rule: Rule, period: number) => {
    timers.set(rule.name, clock.after(period, () => {
      arm(rule, period);
      fire(rule);
    }));
  };

  const end = (name: string) => {
    timers.get(name)?.();
    timers.delete(name);
    const rule = rules.get(name);
    if (rule) begun.delete(rule);
    rules.delete(name);
  };

  const putEntry = (entry: Input): object => {
    const fault = entryFault(entry);
    if (fault) return fault;
    const bus = (optionalString(entry, 'EventBusName') ?? 'default').replace(/^arn:.*:event-bus\//, '');
    // AWS takes events for a bus that isn't there, and drops them.
    const time = typeof entry.Time === 'number' ? entry.Time * 1000 : undefined;
    const event = newEvent(clock, place, {
      'source': String(entry.Source),
      'detail-type': String(entry.DetailType),
      'resources': strings(entry, 'Resources'),
      'detail': JSON.parse(String(entry.Detail)),
      time,
    });
    put(bus, event);
    return { EventId: event.id };
  };

  const actions: Service['actions'] = {
    PutEvents({ input }) {
      const entries = records(input, 'Entries');
      if (entries.length < 1 || entries.length > 10) {
        const constraint = "Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10";
        throw new AwsError('ValidationException', `1 validation error detected: ${constraint}`);
      }
      const Entries = entries.map(putEntry);
      return { FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length, Entries };
    },
    ListRules({ input }) {
      const bus = (optionalString(input, 'EventBusName') ?? 'default').replace(/^arn:.*:event-bus\//, '');
      const prefix = optionalString(input, 'NamePrefix') ?? '';
      const { page, next } = paged([...rules.values()].filter((rule) => rule.bus === bus && rule.name.startsWith(prefix)), input, PAGES);
      return {
        NextToken: next,
        Rules: page.map(({ name, arn: Arn, enabled, schedule }) =>
          ({ Name: name, Arn, EventBusName: bus, State: enabled ? 'ENABLED' : 'DISABLED', ScheduleExpression: schedule })),
      };
    },
    ListEventBuses({ input }) {
      const prefix = optionalString(input, 'NamePrefix') ?? '';
      const { page, next } = paged([...buses].filter((name) => name.startsWith(prefix)), input, PAGES);
      return { NextToken: next, EventBuses: page.map((name) => ({ Name: name, Arn: busArn(name) })) };
    },
  };

  const needs = ({ action, input }: Call): Need[] => {
    if (action !== 'PutEvents') return [{ action: `events:${action}`, resource: '*' }];
    return records(input, 'Entries').map((entry) => {
      const name = String(entry.EventBusName ?? 'default');
      return {
        action: 'events:PutEvents',
        resource: name.startsWith('arn:') ? name : busArn(name),
        context: { 'events:source': String(entry.Source), 'events:detail-type': String(entry.DetailType) },
      };
    });
  };

  return {
    service: { name: 'events', target: 'AWSEvents', contentType: 'application/x-amz-json-1.1', actions, needs, parameters: PARAMETERS },
    events, buses, busArn, put,
    addRule({ pattern, ...settings }) {
      const rule: Rule = { ...settings, arn: ruleArn(settings), matches: pattern === undefined ? undefined : compilePattern(pattern) };
      if (rule.schedule !== undefined) ratePeriod(rule.schedule); // throws
      end(rule.name);
      rules.set(rule.name, rule);
      return rule;
    },
    beginRule(name) {
      const rule = rules.get(name);
      if (!rule || begun.has(rule)) return;
      begun.add(rule);
      if (rule.schedule !== undefined && rule.enabled) arm(rule, schedulePeriod ?? ratePeriod(rule.schedule));
    },
    removeRule: end,
    fireSchedule(name) {
      const due = [...begun].filter(({ schedule, ...rule }) => schedule !== undefined && (name === undefined || rule.name === name));
      for (const rule of due) fire(rule);
      return due.map((rule) => rule.name);
    },
    close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

function newEvent(
  clock: Clock, place: Place, fields: Pick<BusEvent, 'source' | 'detail-type' | 'resources' | 'detail'> & { time?: number },
): BusEvent {
  const { time = clock.now(), ...rest } = fields;
  // EventBridge keeps whole seconds.
  const { account, region } = place;
  return { version: '0', id: randomUUID(), account, time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'), region, ...rest };
}

/** Entries fail one by one. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html */
function entryFault(entry: Input): object | undefined {
  const missing = ['Source', 'DetailType', 'Detail'].find((name) => !optionalString(entry, name));
  if (missing) return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.` };
  const time = entry.Time ?? 0;
  if (typeof time !== 'number' || Number.isNaN(new Date(time * 1000).getTime())) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Time is not valid.' };
  }
  if (String(entry.Source).startsWith('aws.')) return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  try {
    if (isRecord(JSON.parse(String(entry.Detail)))) return undefined;
  } catch { /* answered below */ }
  return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}
