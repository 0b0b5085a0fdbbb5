import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Instance, type InvocationResult } from '../../local-cloud/functions/instance';

const directory = mkdtempSync(path.join(tmpdir(), 'callbacks-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a handler of this source answers in this runtime. */
async function answerOf(source: string, runtime = 'nodejs22.x'): Promise<InvocationResult> {
  writeFileSync(path.join(directory, 'index.js'), source);
  const instance = new Instance({
    id: 'f/1', directory, functionArn: 'arn', ahead: 0, log: () => undefined,
    environment: { _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: directory, AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`, PATH: process.env.PATH ?? '' },
  });
  await instance.started;
  const result = await instance.invoke('request', { n: 2 }, Date.now() + 10_000);
  await instance.kill();
  return result;
}

test.each([
  ['calls back at once', 'exports.handler = (event, context, callback) => callback(null, event.n * 2);', { kind: 'succeeded', payload: 4 }],
  ['calls back later', 'exports.handler = (event, context, callback) => { setImmediate(() => callback(null, { n: event.n })); };', { kind: 'succeeded', payload: { n: 2 } }],
  ['calls back with an error', "exports.handler = (event, context, callback) => callback(new TypeError('no'));", { kind: 'failed', error: { errorType: 'TypeError', errorMessage: 'no' } }],
  ['takes a callback and promises all the same', 'exports.handler = async (event, context, callback) => event.n + 1;', { kind: 'succeeded', payload: 3 }],
])('GIVEN Node.js 22 WHEN a handler %s THEN that is its answer', async (_, source, answer) => {
  expect(await answerOf(source)).toMatchObject(answer);
});

test('GIVEN Node.js 24 WHEN a handler takes a callback THEN it is refused by name, as in Lambda', async () => {
  expect(await answerOf('exports.handler = (event, context, callback) => callback(null, 1);', 'nodejs24.x')).toMatchObject({
    kind: 'failed', error: { errorType: 'Runtime.CallbackHandlerDeprecated' },
  });
});
