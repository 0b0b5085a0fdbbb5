import type { Services } from '../services';
import { Secret, type SecretState } from '../secrets-manager/secret';
import type { TableState } from '../dynamodb';
import type { QueueState } from '../sqs/queue';

/** What outlives a restart. Deployed functions and rules do not: deploy again, they get their old names. */
export interface SavedState {
  readonly version: 1;
  readonly names: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretState[];
  readonly queues: readonly QueueState[];
  readonly tables: readonly TableState[];
}

type Keeping = Pick<Services, 'secrets' | 'sqs' | 'dynamodb'>;

export async function captureState({ secrets, sqs, dynamodb }: Keeping, names: SavedState['names']): Promise<SavedState> {
  return {
    version: 1, names,
    secrets: [...secrets.secrets.values()].map((secret) => secret.state()),
    queues: [...sqs.queues.values()].map((queue) => queue.state()),
    tables: await dynamodb.dump(),
  };
}

export async function restoreState({ secrets, sqs, dynamodb }: Keeping, saved: SavedState): Promise<void> {
  for (const state of saved.secrets) secrets.restore(Secret.from(state));
  for (const state of saved.queues) sqs.create(state.name, state.settings).restore(state);
  await dynamodb.load(saved.tables);
}
