import { optionalString, type Input } from '../inputs';
import type { Place } from '../place';
import type { Call, Need } from '../service';
import type { Queue } from './queue';

export const nameFromUrl = (url: string) => url.split('/').at(-1);

/** What a caller must be allowed. A batch needs the permission of its single action; there is none of its own. */
export function needs({ action, input }: Call, queues: ReadonlyMap<string, Queue>, place: Place): Need[] {
  if (action === 'StartMessageMoveTask') return moveNeeds(input);
  const name = optionalString(input, 'QueueName') ?? nameFromUrl(optionalString(input, 'QueueUrl') ?? '');
  const resource = action === 'ListQueues' ? '*' : place.arn('sqs', name ?? '');
  return [{ action: `sqs:${action.replace(/Batch$/, '')}`, resource, resourcePolicy: queues.get(name ?? '')?.settings.policy }];
}

/** Who moves messages must be allowed all that it takes. */
const moveNeeds = ({ SourceArn, DestinationArn }: Input): Need[] => [
  ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']
    .map((action) => ({ action: `sqs:${action}`, resource: String(SourceArn) })),
  ...(DestinationArn === undefined ? [] : [{ action: 'sqs:SendMessage', resource: String(DestinationArn) }]),
];
