import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { withCloud } from './support';

const run = promisify(execFile);
const installed = (() => {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The real `aws` command line, where it is installed. */
(installed ? describe : describe.skip)('the aws command line', () => {
  const running = withCloud();

  async function aws(...args: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await run('aws', ['--endpoint-url', running.cloud.endpoint, '--output', 'json', ...args], {
      env: { ...process.env, ...running.cloud.env, AWS_ENDPOINT_URL: undefined, AWS_EC2_METADATA_DISABLED: 'true' },
    });
    return stdout === '' ? {} : JSON.parse(stdout) as Record<string, unknown>;
  }

  test('asks STS who it is', async () => {
    expect(await aws('sts', 'get-caller-identity')).toEqual({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/LOCALUSER', UserId: 'LOCALUSER' });
  });

  test('opens, tags, rotates, closes and describes a tunnel', async () => {
    const tunnels = (...args: string[]) => aws('iotsecuretunneling', ...args);
    const { tunnelId, tunnelArn } = await tunnels('open-tunnel', '--destination-config', 'thingName=pump-7,services=SSH') as { tunnelId: string; tunnelArn: string };
    const id = ['--tunnel-id', tunnelId];
    const { sourceAccessToken } = await tunnels('rotate-tunnel-access-token', ...id, '--client-mode', 'SOURCE');
    expect(String(sourceAccessToken).startsWith('LOCALCAT')).toBe(true);
    await tunnels('tag-resource', '--resource-arn', tunnelArn, '--tags', 'key=a,value=b');
    expect(await tunnels('list-tags-for-resource', '--resource-arn', tunnelArn)).toEqual({ tags: [{ key: 'a', value: 'b' }] });
    await tunnels('close-tunnel', ...id);
    expect(await tunnels('describe-tunnel', ...id)).toMatchObject({ tunnel: { tunnelId, status: 'CLOSED', destinationConfig: { thingName: 'pump-7', services: ['SSH'] } } });
  });

  test('keeps a secret', async () => {
    await aws('secretsmanager', 'create-secret', '--name', 'cli/secret', '--secret-string', 'hello');
    expect(await aws('secretsmanager', 'get-secret-value', '--secret-id', 'cli/secret')).toMatchObject({ SecretString: 'hello' });
  });

  test('sends and receives a message', async () => {
    const { QueueUrl } = await aws('sqs', 'create-queue', '--queue-name', 'cli') as { QueueUrl: string };
    await aws('sqs', 'send-message', '--queue-url', QueueUrl, '--message-body', 'hello');
    expect(await aws('sqs', 'receive-message', '--queue-url', QueueUrl, '--attribute-names', 'All')).toMatchObject({ Messages: [{ Body: 'hello' }] });
  });

  test('keeps a row', async () => {
    const table = ['--table-name', 'cli'];
    await aws('dynamodb', 'create-table', ...table, '--billing-mode', 'PAY_PER_REQUEST', '--key-schema', 'AttributeName=id,KeyType=HASH', '--attribute-definitions', 'AttributeName=id,AttributeType=S');
    await aws('dynamodb', 'put-item', ...table, '--item', '{"id":{"S":"a"}}');
    expect(await aws('dynamodb', 'scan', ...table)).toMatchObject({ Items: [{ id: { S: 'a' } }] });
  });

  test('puts an event and publishes a message', async () => {
    expect(await aws('events', 'put-events', '--entries', JSON.stringify([{ Source: 'cli', DetailType: 'Hello', Detail: '{}' }]))).toMatchObject({ FailedEntryCount: 0 });
    await aws('iot-data', 'publish', '--topic', 'tunnels/a%2Bb=c/x', '--payload', 'hello');
    expect(running.cloud.broker.publications.at(-1)).toMatchObject({ topic: 'tunnels/a%2Bb=c/x' });
  });

  test('is told what is not here', async () => {
    await expect(aws('sqs', 'list-dead-letter-source-queues', '--queue-url', `${running.cloud.endpoint}/123456789012/cli`)).rejects.toMatchObject({
      stderr: expect.stringContaining("not its action 'ListDeadLetterSourceQueues'"),
    });
    await expect(aws('kms', 'list-keys')).rejects.toMatchObject({ stderr: expect.stringContaining('TrentService.ListKeys') });
  });
});
