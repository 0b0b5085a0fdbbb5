import { KEY_HEADER, PAGE_PATH, type Act, type Snapshot, type TunnelDetail } from '../contract';
import type { Told } from './lanes';

const key = document.querySelector<HTMLMetaElement>('meta[name=page-key]')?.content ?? '';

export const snapshot = (): Promise<Snapshot> => get('snapshot') as Promise<Snapshot>;

export const detail = (tunnelId: string): Promise<TunnelDetail> => get(`tunnels/${encodeURIComponent(tunnelId)}`) as Promise<TunnelDetail>;

/** @returns what it did, or why it could not, in a sentence */
export async function press(act: Act, tunnelId?: string): Promise<string> {
  try {
    const response = await fetch(`${PAGE_PATH}/${act}`, {
      method: 'POST', headers: { 'content-type': 'application/json', [KEY_HEADER]: key }, body: JSON.stringify({ tunnelId }),
    });
    const { said, error } = await response.json() as { said?: string; error?: string };
    return said ?? error ?? `HTTP ${response.status}`;
  } catch {
    return 'The local cloud does not answer.';
  }
}

/** Everything that happens from now on, and what is kept of the past. The browser reconnects by itself. */
export function watch(onEvent: (event: Told) => void, onState: (live: boolean) => void): void {
  const source = new EventSource('/_local/events');
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  const types: readonly Told['type'][] = [
    'connected', 'dropped', 'signalled', 'rotated', 'delivered', 'decided', 'cut', 'silenced', 'taken', 'killed',
  ];
  for (const type of types) source.addEventListener(type, ({ data }) => onEvent(JSON.parse(String(data)) as Told));
}

async function get(step: string): Promise<unknown> {
  const response = await fetch(`${PAGE_PATH}/${step}`);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}
