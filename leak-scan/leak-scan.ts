import type { LocalCloud } from '../local-cloud/cloud';
import type { Trace } from '../local-cloud/leaks';
import { familyOf, traceProcess } from './process-traces';
import { renderings } from './renderings';
import { SecretFinder, type Kind } from './secret-finder';

/** Where a kind of secret belongs: nothing else may hold it. */
const HOMES: readonly (readonly [Kind, RegExp])[] = [
  // A client's own word that its token is spent, from the client to the rotator.
  ['proof', /^MQTT topic tunnels\/([^/]+\/)?[^/]+\/(disconnected|token-request)$/],
  ['proof', /^event of fleet\./],
  ['proof', /^queue \S*Rotator(SignalQueue|DeadLetterQueue)/],
  // How the connector hands a token to a command.
  ['token', /^environment of process \d+: AWSIOT_TUNNEL_ACCESS_TOKEN$/],
];

/**
 * Learns every token and proof that a cloud issues from now on, and looks for them wherever anything is written down, plain or in disguise.
 * A trace is a place and what stands there; of a find, only the place is told.
 */
export class LeakScan {
  private readonly finder = new SecretFinder();
  private readonly noted: Trace[] = [];

  constructor(private readonly cloud: LocalCloud) {
    cloud.calls.intercept(async (call, proceed) => {
      this.learnSecret(call.input.SecretString);
      const result = await proceed();
      for (const [name, value] of Object.entries(result)) {
        if (name.endsWith('AccessToken')) this.finder.learn('token', String(value));
      }
      return result;
    });
  }

  /** How many secrets it looks for. */
  get size(): number {
    return this.finder.size;
  }

  /** Something that the cloud doesn't see: an error, what a session said, a snapshot. Looked at as people and loggers would print it. */
  note(place: string, value: unknown): void {
    this.noted.push(...renderings(value).map((text) => ({ place, text })));
  }

  /** @returns each place that holds what doesn't belong there */
  async find(): Promise<string[]> {
    const { cloud } = this;
    const written = (await cloud.traces()).filter(({ place }) => !place.startsWith('event bus '));
    const events = cloud.events.map(({ event }) => ({ place: `event of ${String(event.source)}`, text: JSON.stringify(event) }));
    const failures = cloud.functions.invocations.filter(({ error }) => error)
      .map(({ functionName, error }) => ({ place: `failure of ${functionName}`, text: JSON.stringify(error) }));
    const metrics = cloud.metrics.all().map((value) => ({ place: `metric ${value.name}`, text: JSON.stringify(value) }));
    const processes = familyOf(process.pid).flatMap(traceProcess);
    return this.finder.find([...written, ...events, ...failures, ...metrics, ...processes, ...this.noted])
      .filter(({ kind, place }) => !HOMES.some(([theirs, home]) => theirs === kind && home.test(place)))
      .map(({ kind, place }) => `${kind} in ${place}`);
  }

  private learnSecret(secretString: unknown): void {
    if (typeof secretString !== 'string') return;
    const { token, proof } = JSON.parse(secretString) as { token?: string; proof?: string };
    if (token) this.finder.learn('token', token);
    if (proof) this.finder.learn('proof', proof);
  }
}
