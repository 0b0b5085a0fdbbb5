import { randomUUID } from 'node:crypto';
import { optionalString, string, type Input } from '../inputs';
import { AwsError } from '../service';
import type { Queue } from './queue';

/**
 * Sends what lies in a dead-letter queue back, all at once: as new messages, with ids and times of their own.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function startMessageMoveTask(input: Input, queues: readonly Queue[]): { TaskHandle: string } {
  const source = byArn(queues, string(input, 'SourceArn', 'MissingParameter'));
  const fed = queues.filter(({ settings }) => settings.redrive?.deadLetterTargetArn === source.arn);
  if (fed.length === 0) throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  const wanted = optionalString(input, 'DestinationArn');
  const target = wanted === undefined ? fed[0] : byArn(queues, wanted);
  for (const { id, body, sender, attributes } of source.peek()) {
    source.delete(id);
    target.send(body, sender, { attributes });
  }
  return { TaskHandle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64') };
}

function byArn(queues: readonly Queue[], arn: string): Queue {
  const queue = queues.find((each) => each.arn === arn);
  if (!queue) throw new AwsError('ResourceNotFoundException', 'The resource that you specified for the SourceArn parameter doesn\'t exist.');
  return queue;
}
