import { describeCall, type CallRecord } from '../local-cloud/calls';
import type { LocalCloud } from '../local-cloud/cloud';
import type { LogLine } from '../local-cloud/functions/logs';

const DELIVERY = /^(PutSecretValue|CreateSecret)$/;
const OF_THE_PATH = /^(DescribeTunnel|RotateTunnelAccessToken|PutSecretValue|CreateSecret|UpdateItem)$/;
const THROTTLED = /Throttling/;

/** What became of one rotation. */
export type Fate =
  /** Its token was put into the secret. */
  | 'delivered'
  /** The service made it, but the rotator says that it heard no answer in time, or was ended while it waited. Then the drop takes another one. */
  | 'unanswered'
  /** Its answer came, and the rotator says that it could not put the token into the secret, or was ended before. */
  | 'undelivered'
  | 'unexplained';

interface Failure {
  readonly instance: string;
  readonly call: string;
  readonly text: string;
}

/** Keeps, of every tunnel, the calls that rotators make for it and the failures that they log, and says what became of each rotation. */
export class RotationBook {
  private readonly calls = new Map<string, CallRecord[]>();
  private readonly failures = new Map<string, Failure[]>();

  constructor(private readonly cloud: Pick<LocalCloud, 'calls' | 'logs' | 'functions'>) {
    cloud.calls.onEnd((record) => {
      if (record.caller === 'user' || !OF_THE_PATH.test(record.action)) return;
      for (const id of idsOf(record)) this.calls.set(id, [...this.calls.get(id) ?? [], record]);
    });
    cloud.logs.onLine((line) => {
      const failure = failureOf(line);
      if (failure) this.failures.set(failure.tunnelId, [...this.failures.get(failure.tunnelId) ?? [], { ...failure, instance: line.instance }]);
    });
  }

  fates(tunnelId: string): Fate[] {
    const calls = this.callsOf(tunnelId);
    const rotations = calls.filter(({ action, status }) => action === 'RotateTunnelAccessToken' && status === 200);
    return rotations.map(({ instance, startedAt }, index) => {
      const next = rotations[index + 1]?.startedAt ?? Infinity;
      const puts = calls.filter((call) => DELIVERY.test(call.action) && call.instance === instance && call.startedAt >= startedAt && call.startedAt < next);
      if (puts.some(({ status }) => status === 200)) return 'delivered';
      const failed = (call: RegExp) => (this.failures.get(tunnelId) ?? []).some((failure) => failure.instance === instance && call.test(failure.call));
      if (failed(/\.RotateTunnelAccessToken$/)) return 'unanswered';
      if (failed(/^SecretsManager\./)) return 'undelivered';
      if (this.wasEnded(instance)) return puts.length > 0 ? 'undelivered' : 'unanswered';
      return 'unexplained';
    });
  }

  /** For people: all that was done about a tunnel, line by line. */
  story(tunnelId: string): string[] {
    const calls = this.callsOf(tunnelId);
    return [
      ...calls.map((call) => `${((call.startedAt - calls[0].startedAt) / 1000).toFixed(1)} s  ${call.instance?.slice(-6)}  ${describeCall(call)}`),
      ...(this.failures.get(tunnelId) ?? []).map(({ instance, text }) => `log  ${instance.slice(-6)}  ${text}`),
    ];
  }

  private callsOf(tunnelId: string): CallRecord[] {
    return [...this.calls.get(tunnelId) ?? []].sort((one, other) => one.startedAt - other.startedAt);
  }

  private wasEnded(instance: string | undefined): boolean {
    return this.cloud.functions.invocations.some((invocation) => invocation.instance === instance && invocation.error?.errorType.startsWith('Sandbox.'));
  }
}

/** A call of a rotator that was not throttled and failed; a throttled one had no effect. */
function failureOf({ text }: Pick<LogLine, 'text'>): { tunnelId: string; call: string; text: string } | undefined {
  if (!text.includes('recovery failed')) return undefined;
  const { tunnelId, call, code } = JSON.parse(text) as { tunnelId: string; call?: string; code?: string };
  return call === undefined || THROTTLED.test(code ?? '') ? undefined : { tunnelId, call, text: `${call}: ${code}` };
}

/** The tunnels that a call is about: a tunnel's ARN, a secret's, and the key of a row name them. */
function idsOf({ resources, needs }: CallRecord): string[] {
  const keys = needs.flatMap(({ context }) => context?.['dynamodb:LeadingKeys'] ?? []).map(String);
  const named = resources.flatMap((arn) => /:tunnel\/([^/]+)$|\/([^/]+)\/source(?:-\w+)?$/.exec(arn)?.slice(1).find(Boolean) ?? []);
  return [...new Set([...keys, ...named])];
}
