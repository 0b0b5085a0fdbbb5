import type { TableState } from '../dynamodb';
import type { Places } from '../places';
import { Secret, type SecretState } from '../secrets-manager/secret';
import type { Services } from '../services';
import type { QueueState } from '../sqs/queue';
import type { TunnelsState } from '../tunneling/tunnels';

/** What outlives a restart; of tokens, their fingerprints only. Deployed functions and rules do not: deploy again, they get their old names. */
export interface SavedState {
  readonly version: 2;
  readonly names: Readonly<Record<string, string>>;
  readonly places: readonly PlaceState[];
}

/** What one account holds in one region. */
interface PlaceState {
  readonly account: string;
  readonly region: string;
  readonly secrets: readonly SecretState[];
  readonly queues: readonly QueueState[];
  readonly tables: readonly TableState[];
  readonly tunneling: TunnelsState;
}

export async function captureState(places: Places, names: SavedState['names']): Promise<SavedState> {
  return { version: 2, names, places: await Promise.all(places.all.map(capturePlace)) };
}

async function capturePlace({ place: { account, region }, secrets, sqs, dynamodb, tunneling }: Services): Promise<PlaceState> {
  return {
    account, region,
    secrets: [...secrets.secrets.values()].map((secret) => secret.state()),
    queues: [...sqs.queues.values()].map((queue) => queue.state()),
    tables: await dynamodb.dump(),
    tunneling: tunneling.state(),
  };
}

export async function restoreState(places: Places, saved: SavedState): Promise<void> {
  for (const state of saved.places) {
    const { secrets, sqs, dynamodb, tunneling } = await places.at(state.account, state.region);
    for (const secret of state.secrets) secrets.restore(Secret.from(secret));
    for (const queue of state.queues) sqs.create(queue.name, queue.settings).restore(queue);
    await dynamodb.load(state.tables);
    tunneling.restore(state.tunneling);
  }
}
