import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalCloud } from '../../local-cloud/cloud';

const STEP = 5_000;
const GLANCE = 50;

/**
 * Does the work in a cloud whose clock stands still. A cleanup waits until no rotator can be at it any more, and time passes for that alone: from
 * CloudFormation's request for a deletion until the cleanup's first call. No function's clock is put forward before it hears so, so a slow machine's
 * cleanup has as long as a fast one's.
 */
export async function passCleanups<T>(cloud: LocalCloud, work: () => Promise<T>): Promise<T | Error> {
  let [waiting, over] = [false, false];
  const unwatch = cloud.calls.intercept((call, proceed) => {
    if (call.action === 'Invoke' && requestType(call.input.Payload) === 'Delete') waiting = true;
    else if (call.caller.includes('SecretCleanup')) waiting = false;
    return proceed();
  });
  const outcome = work().catch((error: Error) => error).finally(() => { over = true; });
  while (!over) {
    if (waiting) await cloud.advance(STEP);
    await sleep(GLANCE);
  }
  unwatch();
  return outcome;
}

const requestType = (payload: unknown): unknown => (typeof payload === 'string' ? JSON.parse(payload).RequestType : undefined);
