'use strict';
/**
 * The inside of a function instance: a process that loads one handler and answers one invocation at a time over IPC.
 * Plain JavaScript, because it runs in a bare Node with nothing but the function's environment.
 *
 * Gets    { type: 'clock', ahead }                                     milliseconds that the cloud's clock is ahead
 *         { type: 'invoke', id, event, deadline, functionArn }
 * Answers { type: 'ready' } | { type: 'failed-start', error }
 *         { type: 'clock-set' }
 *         { type: 'done', id, payload } | { type: 'failed', id, error }
 */
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const RealDate = Date;
let ahead = Number(process.argv[2]) || 0;
const stoppedAt = Number(process.argv[3]) || undefined;
const now = () => (stoppedAt ?? RealDate.now()) + ahead;
// The whole cloud shares one clock, which tests may stop and put forward.
globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
};

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'clock') {
    ahead = message.ahead;
    process.send({ type: 'clock-set' });
  }
  if (message.type === 'invoke') void invoke(message);
});

const handler = load();
handler.then(
  () => process.send({ type: 'ready' }),
  (error) => process.send({ type: 'failed-start', error: describe(error) }),
);

async function load() {
  const [file, name] = split(process.env._HANDLER);
  const base = path.join(process.env.LAMBDA_TASK_ROOT, file);
  const loaded = await import(pathToFileURL(resolve(base)).href);
  const found = loaded[name] ?? loaded.default?.[name];
  if (typeof found !== 'function') throw new Error(`${process.env._HANDLER} is undefined or not exported`);
  return found;
}

function split(handlerName) {
  const dot = handlerName.lastIndexOf('.');
  return [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
}

function resolve(base) {
  const { existsSync } = require('node:fs');
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync);
  if (!file) throw new Error(`Cannot find module '${path.basename(base)}'`);
  return file;
}

async function invoke({ id, event, deadline, functionArn }) {
  const context = {
    awsRequestId: id,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const payload = await call(await handler, event, context);
    finish({ type: 'done', id, payload: payload === undefined ? null : payload });
  } catch (error) {
    const described = describe(error);
    // As Lambda's runtime writes it.
    console.error(`${new Date().toISOString()}\t${id}\tERROR\tInvoke Error\t${JSON.stringify(described)}`);
    finish({ type: 'failed', id, error: described });
  }
}

/** A handler answers by a promise, by a value, or, if it takes three arguments, by a callback: in runtimes up to Node.js 22. */
function call(run, event, context) {
  if (run.length < 3) return run(event, context);
  if (/nodejs(2[4-9]|[3-9]\d)/.test(process.env.AWS_EXECUTION_ENV)) {
    throw Object.assign(new Error('Callback-based handlers end with Node.js 22: let the handler be async'), { name: 'Runtime.CallbackHandlerDeprecated' });
  }
  return new Promise((resolve, reject) => {
    const returned = run(event, context, (error, result) => (error ? reject(error) : resolve(result)));
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  });
}

/** Marks the end of what this invocation wrote, so that nobody has to wait and hope that it has all arrived. */
function finish(message) {
  process.stdout.write(`\u0000${message.id}\n`);
  process.stderr.write(`\u0000${message.id}\n`);
  process.send(message);
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
}
