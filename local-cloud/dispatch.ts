import { authorize } from './iam/authorize';
import { PolicyError } from './iam/policy';
import type { Principal } from './iam/principals';
import { describe, type Calls } from './calls';
import type { Clock } from './clock';
import type { Place } from './place';
import { AwsError, type Call } from './service';
import type { Routed } from './wire/wire';

/** Runs calls: writes them down, lets interceptors in, checks the caller's role, executes the action. */
export class Dispatcher {
  constructor(private readonly calls: Calls, private readonly clock: Clock, private readonly place: Place) {}

  /** @throws whatever the action, the role or an interceptor answers with; always recorded. */
  async dispatch({ service, action }: Routed, call: Call, principal: Principal): Promise<object> {
    const run = Object.hasOwn(service.actions, action) ? service.actions[action] : undefined;
    let needs: ReturnType<NonNullable<typeof service.needs>> = [];
    let unclear: unknown;
    try {
      needs = run && service.needs ? service.needs(call) : [];
    } catch (error) {
      unclear = error; // the input is too broken to say what it is about: the action's own validation answers
    }
    const end = this.calls.begin(call, principal, needs, () => this.clock.now());
    try {
      if (!run) throw unknownAction(service.name, action, Object.keys(service.actions));
      refuseUnknown(service, call);
      const { caller, instance } = describe(principal);
      const result = await this.calls.run({ ...call, caller, instance }, async () => {
        if (principal.kind !== 'user') {
          if (!service.needs) throw new PolicyError(`${service.name} does not say what its actions need, so no role can be checked`);
          if (unclear) throw unclear;
          checkSignature(call, this.clock.now());
          authorize(principal, needs, { place: this.place, now: this.clock.now() });
        }
        return run(call);
      });
      end(200);
      return result;
    } catch (error) {
      const { code, message, status } = asAwsError(error);
      end(status, { code, message });
      throw error;
    }
  }
}

/** AWS takes signatures that are five minutes off, either way. */
const SIGNATURE_TOLERANCE = 5 * 60_000;

/** The SDK corrects its clock by the answer's date, and tries again. */
function checkSignature({ signedAt }: Call, now: number): void {
  if (signedAt === undefined || Math.abs(signedAt - now) <= SIGNATURE_TOLERANCE) return;
  const [signed, current] = [signedAt, now].map((time) => new Date(time).toISOString());
  throw new AwsError('InvalidSignatureException', `Signature expired: ${signed} is more than 5 min. away from ${current}`, 403);
}

/** AWS ignores what it doesn't know; here it may be something that AWS does know. */
function refuseUnknown({ name, parameters }: Routed['service'], { action, input }: Call): void {
  const known = parameters?.[action];
  const unknown = Object.keys(input).find((parameter) => known && !known.includes(parameter) && input[parameter] !== undefined && input[parameter] !== null);
  if (unknown) throw new AwsError('ValidationException', `The local cloud's ${name}:${action} knows no ${unknown}; it knows ${known?.join(', ')}`);
}

export function unknownAction(service: string, action: string, known: readonly string[]): AwsError {
  return new AwsError(
    'UnknownOperationException',
    `The local cloud has ${service}, but not its action '${action}'; it has ${known.join(', ')}`,
  );
}

/** Anything that isn't AWS-shaped is a fault of the local cloud itself, and says so. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const name = error instanceof Error ? error.name : 'Error';
  if (name === 'ConnectionLost' || name === 'Unanswered') return new AwsError(name, 'no answer', 0);
  return new AwsError('InternalFailure', `local cloud: ${name}: ${error instanceof Error ? error.message : String(error)}`, 500);
}
