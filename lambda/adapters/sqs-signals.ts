import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { toMessage } from '../domain/normalise';
import type { Signals } from '../domain/ports';
import { awsCall, CLIENT_SETTINGS } from './aws-call';

/** SQS delays a message by whole seconds, fifteen minutes at most. */
const LONGEST_DELAY = 900;

export function sender(queueUrl: string, client = new SQSClient(CLIENT_SETTINGS)): Signals['send'] {
  return async (news, delay = 0) => {
    await awsCall('SQS.SendMessage', () => client.send(new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: toMessage(news),
      DelaySeconds: Math.min(LONGEST_DELAY, Math.ceil(delay / 1000)),
    })));
  };
}
