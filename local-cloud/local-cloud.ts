import type { Calls } from './calls';
import type { BusEvent } from './eventbridge/service';
import type { Functions } from './functions/functions';
import type { Logs, Metrics } from './functions/logs';
import type { Broker } from './iot/broker';
import type { Roles } from './iam/roles';
import type { Trace } from './leaks';
import type { RunningCloud } from './running-cloud';
import type { Services } from './services';
import type { Queue } from './sqs/queue';
import type { Tunneling } from './tunneling/tunneling';

/** A running local cloud, with its insides: what tests and the demo look into. */
export interface LocalCloud extends RunningCloud {
  /** The services of each account and region that is up, home first. What else stands here is that of home. */
  readonly places: readonly Services[];
  readonly calls: Calls;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** Everything that was put on an event bus, and what schedules sent. */
  readonly events: readonly { readonly bus: string; readonly event: BusEvent }[];
  readonly functions: Functions;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly broker: Broker;
  /** Roles to act as; a test may make its own. */
  readonly roles: Roles;
  readonly tunneling: Tunneling;
  /** All that `findLeaks` looks into. */
  traces(): Promise<readonly Trace[]>;
}
