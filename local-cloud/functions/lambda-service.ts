import type { Clock } from '../clock';
import { AwsError, type Need } from '../service';
import type { RestService } from '../wire/rest-json';
import type { FunctionError, InvocationResult } from './instance';
import { LambdaFunction, type FunctionHost, type FunctionSettings } from './lambda-function';

/** Pauses before an asynchronous invocation that failed is tried again. */
const RETRY_PAUSES = [60_000, 120_000];

export type GivenUp = (event: unknown, error: FunctionError) => void;

/** All functions, and what may call them from outside. */
export interface Lambda {
  readonly service: RestService;
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  create(settings: FunctionSettings): LambdaFunction;
  /** Gives the function of that name other settings. */
  update(settings: FunctionSettings): Promise<void>;
  remove(name: string): Promise<void>;
  /** @param retries how often an asynchronous invocation is tried again: 0 to 2 */
  configureAsync(name: string, retries: number): void;
  /** Told of each asynchronous invocation that failed for good. @returns what ends that */
  onGivenUp(tell: GivenUp): () => void;
  /** Adds a statement to the function's own policy. @returns what takes it out again */
  permit(name: string, statement: object): () => void;
  close(): Promise<void>;
}

/** AWS Lambda, as far as rules and mappings need it: Invoke. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function createLambda(host: FunctionHost & { clock: Clock }): Lambda {
  const functions = new Map<string, LambdaFunction>();
  const policies = new Map<string, object[]>();
  const retries = new Map<string, number>();
  const timers = new Set<() => void>();
  const givenUp = new Set<GivenUp>();

  const get = (nameOrArn: string): LambdaFunction => {
    const name = functionName(nameOrArn);
    const found = functions.get(name);
    if (!found) throw new AwsError('ResourceNotFoundException', `Function not found: ${host.place.arn('lambda', `function:${name}`)}`, 404);
    return found;
  };

  /** Lambda's own queue in front of asynchronous invocations. */
  const invokeLater = async (target: LambdaFunction, event: unknown, attempt = 0): Promise<void> => {
    const result = await target.invoke(event);
    if (result.kind === 'succeeded') return;
    if (result.atStart || attempt >= (retries.get(target.name) ?? RETRY_PAUSES.length)) return givenUp.forEach((tell) => tell(event, result.error));
    const cancel = host.clock.after(RETRY_PAUSES[attempt], () => {
      timers.delete(cancel);
      void invokeLater(target, event, attempt + 1);
    });
    timers.add(cancel);
  };

  const needs = (call: { input: Readonly<Record<string, unknown>> }): Need[] => {
    const name = functionName(String(call.input.FunctionName));
    return [{
      action: 'lambda:InvokeFunction',
      resource: host.place.arn('lambda', `function:${name}`),
      resourcePolicy: { Statement: policies.get(name) ?? [] },
    }];
  };

  return {
    service: {
      name: 'lambda',
      routes: [{
        method: 'POST',
        path: /^\/2015-03-31\/functions\/(?<name>[^/]+)\/invocations$/,
        action: 'Invoke',
        input: ({ name }, { headers, body }) => ({
          FunctionName: decoded(name),
          InvocationType: headers['x-amz-invocation-type'] ?? 'RequestResponse',
          Payload: body.toString('utf8'),
        }),
        // A function's failure is no failure of the call.
        reply(result) {
          const { StatusCode, ...outcome } = result as Invoked;
          if (!('kind' in outcome)) return { status: StatusCode, body: '' };
          return outcome.kind === 'succeeded'
            ? { status: StatusCode, body: JSON.stringify(outcome.payload) }
            : { status: StatusCode, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify(outcome.error) };
        },
      }],
      actions: {
        async Invoke({ input }) {
          const target = get(String(input.FunctionName));
          const event = parsePayload(String(input.Payload ?? ''));
          if (input.InvocationType === 'Event') {
            void invokeLater(target, event);
            return { StatusCode: 202 };
          }
          if (input.InvocationType !== 'RequestResponse') {
            const type = String(input.InvocationType);
            throw new AwsError('InvalidParameterValueException', `The local cloud invokes with RequestResponse or Event, not with '${type}'`);
          }
          return { StatusCode: 200, ...await target.invoke(event) } satisfies Invoked;
        },
      },
      needs,
    },
    functions,
    create(settings) {
      const created = new LambdaFunction(settings, host);
      functions.set(settings.name, created);
      return created;
    },
    update: (settings) => get(settings.name).reconfigure(settings),
    async remove(name) {
      await functions.get(name)?.close();
      functions.delete(name);
      policies.delete(name);
    },
    onGivenUp(tell) {
      givenUp.add(tell);
      return () => givenUp.delete(tell);
    },
    configureAsync: (name, count) => void retries.set(name, count),
    permit(nameOrArn, statement) {
      const { name } = get(nameOrArn);
      policies.set(name, [...policies.get(name) ?? [], statement]);
      return () => void policies.set(name, (policies.get(name) ?? []).filter((each) => each !== statement));
    },
    async close() {
      for (const cancel of timers) cancel();
      await Promise.all([...functions.values()].map((each) => each.close()));
    },
  };
}

/** Result of Invoke; without an outcome when nobody waits for it. */
type Invoked = { readonly StatusCode: number } & (InvocationResult | object);

const functionName = (nameOrArn: string) => nameOrArn.replace(/^arn:[^:]+:lambda:[^:]*:\d*:function:/, '').replace(/:\$LATEST$/, '');

/** @throws AwsError for a path that is not percent-encoded properly */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new AwsError('InvalidParameterValueException', `The function name '${name}' is not percent-encoded properly`);
  }
}

function parsePayload(payload: string): unknown {
  try {
    return payload === '' ? {} : JSON.parse(payload);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}
