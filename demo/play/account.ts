import type { CallRecord } from '../../local-cloud/calls';

/** What was done to the session. */
export type Harm = 'cut' | 'frozen';

const MEANING: Readonly<Record<Harm, string>> = {
  cut: 'its TCP connection was reset',
  frozen: 'its network fell silent, and the connector found that out by asking',
};

/** Why the shell is back: the steps that the local cloud saw, in milliseconds since the harm. */
export function accountOf(harm: Harm, harmedAt: number, backAt: number, calls: readonly CallRecord[]): string {
  const since = calls.filter(({ startedAt, status }) => startedAt >= harmedAt && status === 200);
  const first = (fits: (call: CallRecord) => boolean) => {
    const call = since.find(fits);
    return call && `${Math.max(0, Math.round(call.startedAt + (call.duration ?? 0) - harmedAt))} ms`;
  };
  const steps = [
    ['reported', first(({ service, action }) => service === 'sqs' && action.startsWith('SendMessage'))],
    ['rotated', first(({ action }) => action === 'RotateTunnelAccessToken')],
    ['token in the vault', first(({ action }) => action === 'PutSecretValue' || action === 'CreateSecret')],
  ].flatMap(([step, after]) => (after === undefined ? [] : [`${step} after ${after}`]));
  return `back after ${Math.round(backAt - harmedAt)} ms: ${MEANING[harm]}${steps.length > 0 ? `; ${steps.join(', ')}` : ''}`;
}
