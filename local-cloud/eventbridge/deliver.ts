import type { Clock } from '../clock';
import type { Principal } from '../iam/principals';
import type { Act } from '../parts';
import { growingPauses, retrying } from '../transient';
import type { Routed } from '../wire/wire';
import type { Deliver, Rule, Target } from './service';

/** EventBridge's own default: tried again for a day, with growing pauses. */
const RETRIES = 185;

interface Destinations {
  readonly clock: Clock;
  readonly act: Act;
  readonly sqs: Routed['service'];
  readonly lambda: Routed['service'];
}

/** How a rule reaches its targets: with nothing but the rights that queue and function policies give to EventBridge. */
export function targetDelivery({ clock, act, sqs, lambda }: Destinations): Deliver {
  const send = (rule: Rule, queueArn: string, MessageBody: string, MessageAttributes = {}) =>
    act(eventBridgeFor(rule), sqs, 'SendMessage', { QueueUrl: queueArn.replaceAll(':', '/'), MessageBody, MessageAttributes });

  const deliver = (rule: Rule, target: Target, input: string): Promise<unknown> => {
    const [, , service] = target.arn.split(':');
    if (service === 'sqs') return send(rule, target.arn, input);
    return act(eventBridgeFor(rule), lambda, 'Invoke', { FunctionName: target.arn, InvocationType: 'Event', Payload: input });
  };

  return (rule, target, input) => {
    const pauses = growingPauses(target.retries ?? RETRIES);
    void retrying(clock, pauses, () => deliver(rule, target, input)).catch(async (error: { code?: string; message?: string }) => {
      // The call log has it; there is nobody else to tell but the target's dead-letter queue.
      if (!target.deadLetterArn) return;
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
      await send(rule, target.deadLetterArn, input, attributes({
        RULE_ARN: rule.arn, TARGET_ARN: target.arn, ERROR_CODE: error.code ?? 'InternalFailure', ERROR_MESSAGE: error.message ?? '',
      })).catch(() => undefined);
    });
  };
}

const eventBridgeFor = (rule: Rule): Principal => ({ kind: 'service', name: 'events.amazonaws.com', sourceArn: rule.arn });

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]));
