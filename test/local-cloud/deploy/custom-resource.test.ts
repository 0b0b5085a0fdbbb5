import { customResource } from '../../../local-cloud/deploy/custom-resource';
import type { ResourceContext } from '../../../local-cloud/deploy/resource-type';
import type { FunctionError } from '../../../local-cloud/functions/instance';
import { HOME } from '../../../local-cloud/place';
import { AdjustableClock } from '../../../local-cloud/clock';

interface Request { readonly RequestType: string; readonly ResponseURL: string; readonly [name: string]: unknown }

/** A context in which the function behind the resource answers so, or not at all. */
function answering(answer: (request: Request) => Record<string, unknown> | undefined) {
  const requests: Request[] = [];
  let giveUp: (event: unknown, error: FunctionError) => void = () => undefined;
  const clock = new AdjustableClock();
  const act = async (_who: unknown, _service: unknown, _action: string, { Payload }: { Payload: string }) => {
    const request: Request = JSON.parse(Payload);
    requests.push(request);
    const body = answer(request);
    if (body) await fetch(request.ResponseURL, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': '' } });
    return { StatusCode: 202 };
  };
  const context = { parts: { clock, place: HOME, act, lambda: { onGivenUp: (tell: typeof giveUp) => { giveUp = tell; return () => undefined; } } }, assembly: { stackName: 'Stack' }, logicalId: 'Thing' } as unknown as ResourceContext;
  return { context, requests, clock, fail: (event: unknown, error: FunctionError) => giveUp(event, error) };
}

const names = ({ StackId, RequestId, LogicalResourceId }: Request) => ({ StackId, RequestId, LogicalResourceId });
const success = (request: Request) => ({ ...names(request), Status: 'SUCCESS', PhysicalResourceId: 'made', Data: { Colour: 'blue' } });
const create = (context: ResourceContext) => customResource('Custom::Thing').create({ ServiceToken: 'arn:function', ServiceTimeout: '60', Size: 3 }, context);

describe('a custom resource', () => {
  it('is made and removed by its function', async () => {
    const { context, requests } = answering(success);

    const made = await create(context);
    await made.remove?.();

    expect(made).toMatchObject({ physicalId: 'made', attributes: { Colour: 'blue' } });
    expect(requests).toMatchObject([
      { RequestType: 'Create', ResourceType: 'Custom::Thing', LogicalResourceId: 'Thing', ResourceProperties: { Size: 3 } },
      { RequestType: 'Delete', PhysicalResourceId: 'made' },
    ]);
    expect(requests[0]).not.toHaveProperty('PhysicalResourceId');
  });

  it.each<[string, (request: Request) => Record<string, unknown>, string]>([
    ['says that it failed', (request) => ({ ...names(request), Status: 'FAILED', Reason: 'no paint' }), 'Thing: Create failed: no paint'],
    ['answers another request', (request) => ({ ...success(request), RequestId: 'other' }), 'Thing: the answer to Create has another RequestId than the request'],
    ['names no physical id', (request) => ({ ...names(request), Status: 'SUCCESS' }), 'Thing: the answer to Create has no PhysicalResourceId'],
  ])('fails WHEN its function %s', async (_what, answer, message) => {
    await expect(create(answering(answer).context)).rejects.toThrow(message);
  });

  it('fails WHEN its function says nothing in time', async () => {
    const { context, clock, requests } = answering(() => undefined);
    const failure = Promise.resolve(create(context)).catch((error: Error) => error.message);
    while (requests.length === 0) await new Promise(setImmediate);
    clock.advance(60_000);
    expect(await failure).toBe('Thing: arn:function did not answer Create within 60 seconds');
  });

  it('fails at once WHEN its function failed for good', async () => {
    const { context, requests, fail } = answering(() => undefined);
    const failure = Promise.resolve(create(context)).catch((error: Error) => error.message);
    while (requests.length === 0) await new Promise(setImmediate);

    fail({ RequestId: 'another' }, { errorType: 'Error', errorMessage: 'not this one' });
    fail(requests[0], { errorType: 'Runtime.ImportModuleError', errorMessage: 'Cannot find module' });

    expect(await failure).toBe('Thing: arn:function failed on Create: Runtime.ImportModuleError: Cannot find module');
  });

  it('takes an answer from nobody but its function', async () => {
    const refused: number[] = [];
    const { context } = answering(success);
    const { act } = context.parts;
    Object.assign(context.parts, {
      act: async (...call: Parameters<typeof act>) => {
        const { ResponseURL } = JSON.parse(String(call[3].Payload)) as Request;
        const other = new URL('/other', ResponseURL);
        for (const [url, type] of [[other, ''], [ResponseURL, 'text/plain']] as const) {
          refused.push((await fetch(url, { method: 'PUT', body: '{}', headers: { 'content-type': type } })).status);
        }
        return act(...call);
      },
    });
    await create(context);
    expect(refused).toEqual([403, 403]);
  });
});
