import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { toMessage } from '../domain/normalise';
import type { Signals } from '../domain/ports';
import type { Presence, Signal } from '../domain/vocabulary';
import { awsCall } from './aws-call';

/** SQS delays a message by whole seconds, fifteen minutes at most. */
const LONGEST_DELAY = 900;

export class SqsSignals implements Signals {
  constructor(private readonly client: SQSClient, private readonly queueUrl: string) {}

  async send(news: Signal | Presence, delay = 0): Promise<void> {
    await awsCall('SQS.SendMessage', () => this.client.send(new SendMessageCommand({
      QueueUrl: this.queueUrl,
      MessageBody: toMessage(news),
      DelaySeconds: Math.min(LONGEST_DELAY, Math.ceil(delay / 1000)),
    })));
  }
}
