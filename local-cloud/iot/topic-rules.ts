import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { remember } from '../journal';
import { retrying } from '../transient';
import type { Broker, Publication } from './broker';
import { parseSql, type RuleStatement } from './sql';

/** What a rule does with a message. Throws what the target answers, an AwsError mostly. */
export interface RuleAction {
  /** As AWS names it in error messages, for example `SqsAction`. */
  readonly name: string;
  /** What it acts on. */
  readonly resource: string;
  run(rule: TopicRule, message: string): Promise<unknown>;
}

export interface TopicRule {
  readonly name: string;
  readonly arn: string;
  readonly statement: RuleStatement;
  readonly actions: readonly RuleAction[];
  readonly errorAction?: RuleAction;
}

/** Something that a rule did, or could not do. */
export interface RuleFailure {
  readonly rule: string;
  readonly action: string;
  readonly message: string;
}

/** The rules engine tries an action again after intermittent errors, AWS does not say how often. */
const PAUSES = [1_000, 2_000];

/** AWS IoT topic rules: subscribe, select, act; one error action a rule. */
export class TopicRules {
  readonly failures: RuleFailure[] = [];
  private readonly rules = new Map<string, TopicRule>();
  /** Of those, the rules that have begun, and what ends each. */
  private readonly subscriptions = new Map<string, () => void>();

  constructor(private readonly broker: Broker, private readonly clock: Clock) {}

  /** A rule that does nothing yet. @throws SqlError */
  add({ sql, ...settings }: Omit<TopicRule, 'statement'> & { sql: string }): void {
    const rule: TopicRule = { ...settings, statement: parseSql(sql) };
    this.remove(rule.name);
    this.rules.set(rule.name, rule);
  }

  /** From now on the rule listens. */
  begin(name: string): void {
    const rule = this.rules.get(name);
    if (!rule || this.subscriptions.has(name)) return;
    const basicIngest = `$aws/rules/${name}`;
    const ends = [
      this.broker.subscribe(rule.statement.topicFilter, (publication) => void this.run(rule, publication)),
      // Basic Ingest: straight to the rule, whatever its FROM; the prefix is no part of the topic that SQL sees.
      this.broker.subscribe(`${basicIngest}/#`, ({ topic, ...rest }) => void this.run(rule, { ...rest, topic: topic.slice(basicIngest.length + 1) })),
    ];
    this.subscriptions.set(name, () => ends.forEach((end) => end()));
  }

  remove(name: string): void {
    this.subscriptions.get(name)?.();
    this.subscriptions.delete(name);
    this.rules.delete(name);
  }

  private async run(rule: TopicRule, publication: Publication): Promise<void> {
    const selected = rule.statement.select(publication, this.clock.now());
    if (!selected) return;
    const attempts = await Promise.all(rule.actions.map((action) => this.attempt(rule, action, JSON.stringify(selected))));
    const failures = attempts.filter((failure) => failure !== undefined);
    if (failures.length === 0 || !rule.errorAction) return;
    // https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    await this.attempt(rule, rule.errorAction, JSON.stringify({
      ruleName: rule.name,
      topic: publication.topic,
      cloudwatchTraceId: randomUUID(),
      clientId: publication.clientId ?? 'N/A',
      base64OriginalPayload: publication.payload.toString('base64'),
      failures,
    }));
  }

  private async attempt(rule: TopicRule, action: RuleAction, message: string) {
    try {
      await retrying(this.clock, PAUSES, () => action.run(rule, message));
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      remember(this.failures, { rule: rule.name, action: action.name, message: reason });
      return { failedAction: action.name, failedResource: action.resource, errorMessage: reason };
    }
  }
}
