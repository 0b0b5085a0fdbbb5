import { until as wait } from '../../local-cloud/conformance/waiting';

/** A test waits so long for an event before it says what did not happen. A busy machine is no reason to fail. */
const PATIENCE = 90_000;

/** Resolves as soon as `condition` holds: for what tells nobody when it has changed. */
export const until = (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => wait(condition, what, PATIENCE);
