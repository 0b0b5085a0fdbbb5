import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import { runDirectory } from '../support/run-directory';

const PACKAGE = join(__dirname, '..', '..', 'local-cloud');
const MESSAGES = 2_000;
const AT_ONCE = 10;

/** What ships, in a process of its own, which says on demand how much memory the system gives it when no garbage is left. */
const PROGRAM = `
  const { startLocalCloud } = require(${JSON.stringify(PACKAGE)});
  startLocalCloud().then(({ endpoint }) => {
    process.on('message', () => { gc(); gc(); process.send(process.memoryUsage.rss()); });
    process.send(endpoint);
  });
  process.once('disconnect', () => process.exit());
`;

let child: ChildProcess;
let sqs: SQSClient;
beforeAll(async () => {
  const file = join(runDirectory(), 'memory.cjs');
  writeFileSync(file, PROGRAM);
  child = fork(file, { execArgv: ['--expose-gc'] });
  const [endpoint] = await once(child, 'message') as [string];
  sqs = new SQSClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
});
afterAll(() => {
  sqs.destroy();
  child.kill();
});

async function megabytes(): Promise<number> {
  child.send('how much?');
  const [bytes] = await once(child, 'message') as [number];
  return bytes / 1_048_576;
}

test(`GIVEN ${MESSAGES} messages of 256 kB WHEN they came and went THEN the process is within 50 MB of where it was`, async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'big' }));
  const before = await megabytes();

  for (let sent = 0; sent < MESSAGES; sent += AT_ONCE) {
    for (let one = sent; one < sent + AT_ONCE; one += 1) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `${one}`.padEnd(262_144, 'x') }));
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: AT_ONCE }));
    expect(Messages.map(({ Body }) => Number.parseInt(Body!, 10))).toEqual(Array.from({ length: AT_ONCE }, (_, index) => sent + index));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }

  expect(await megabytes() - before).toBeLessThan(50);
});
