import type { Services } from '../services';
import { Secret, type SecretState } from '../secrets-manager/secret';
import type { TableState } from '../dynamodb';
import type { QueueState } from '../sqs/queue';
import type { TunnelsState } from '../tunneling/tunnels';

/** What outlives a restart; of tokens, their fingerprints only. Deployed functions and rules do not: deploy again, they get their old names. */
export interface SavedState {
  readonly version: 1;
  readonly names: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretState[];
  readonly queues: readonly QueueState[];
  readonly tables: readonly TableState[];
  /** Not in files that were written before tunnels were kept. */
  readonly tunneling?: TunnelsState;
}

type Keeping = Pick<Services, 'secrets' | 'sqs' | 'dynamodb' | 'tunneling'>;

export async function captureState({ secrets, sqs, dynamodb, tunneling }: Keeping, names: SavedState['names']): Promise<SavedState> {
  return {
    version: 1, names,
    secrets: [...secrets.secrets.values()].map((secret) => secret.state()),
    queues: [...sqs.queues.values()].map((queue) => queue.state()),
    tables: await dynamodb.dump(),
    tunneling: tunneling.state(),
  };
}

export async function restoreState({ secrets, sqs, dynamodb, tunneling }: Keeping, saved: SavedState): Promise<void> {
  for (const state of saved.secrets) secrets.restore(Secret.from(state));
  for (const state of saved.queues) sqs.create(state.name, state.settings).restore(state);
  await dynamodb.load(saved.tables);
  if (saved.tunneling) tunneling.restore(saved.tunneling);
}
