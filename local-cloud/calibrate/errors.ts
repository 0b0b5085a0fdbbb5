import { UpgradeRefusedError } from '../../tunnel-protocol/peer';
import { InterruptedError } from './lab';
import { TooManyTunnelsError } from './lease';

/**
 * What the service called its refusal. Its sentence may hold an ARN, so it stays out of the answer.
 * @throws what is no answer of the service
 */
export function errorName(error: unknown): string {
  if (error instanceof InterruptedError || error instanceof TooManyTunnelsError || !(error instanceof Error)) throw error;
  return error.name;
}

/** @throws whatever is no refusal */
export function refusedUpgrade(error: unknown): UpgradeRefusedError {
  if (error instanceof UpgradeRefusedError) return error;
  throw error;
}
