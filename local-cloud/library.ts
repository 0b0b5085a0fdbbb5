import { startLocalCloud as start } from './cloud';
import type { LocalCloudOptions } from './options';
import type { RunningCloud } from './running-cloud';

export type { Deployment, DeployedResource } from './deploy/deployment';
export type { LocalCloudOptions } from './options';
export type { RunningCloud } from './running-cloud';
export type { CallWeather, Forecast } from './weather/forecast';
export { AdjustableClock, type Clock } from './clock';

/**
 * Starts a local cloud in this process, for a test or a tool: point SDKs at it with `cloud.env`, and close it at the end.
 * @throws whatever the address to listen on is refused with
 */
export const startLocalCloud: (options?: LocalCloudOptions) => Promise<RunningCloud> = start;
