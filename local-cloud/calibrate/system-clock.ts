import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError, type LabClock } from './lab';

export const systemLabClock = (interrupted: AbortSignal): LabClock => ({
  now: () => Date.now(),
  async wait(milliseconds) {
    await sleep(milliseconds, undefined, { signal: interrupted }).catch((error: unknown) => {
      throw interrupted.aborted ? new InterruptedError() : error;
    });
  },
});
