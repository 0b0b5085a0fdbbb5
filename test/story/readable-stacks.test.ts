import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { FunctionError } from '../../local-cloud/functions/instance';
import { synthesizeApp } from '../support/assembly';
import { World } from '../support/world';

const ROOT = join(__dirname, '..', '..');

let world: World;
beforeEach(async () => { world = await World.begin(synthesizeApp()); });
afterEach(() => world.end());

/** Where a frame says that it is, and what stands there in our sources. */
function sourceAt(frame: string): { file: string; line: string } {
  const [, file, line] = /^(?:at )?(?:.* \()?([\w./-]+):(\d+):\d+\)?$/.exec(frame.trim()) ?? [];
  return { file, line: existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1].trim() : 'no such file' };
}

describe('GIVEN a fault in a function that nobody foresaw', () => {
  it('WHEN the rotator meets it THEN its log names the lines of our sources, and what is not ours keeps its place in the bundle', async () => {
    const tunnel = await world.openTunnel();
    const ledger = new DynamoDBClient({ endpoint: world.cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
    const TableName = world.deployment.physicalId('AWS::DynamoDB::Table');
    // More than JavaScript can count, so the row can't be read.
    await ledger.send(new PutItemCommand({ TableName, Item: { tunnelId: { S: tunnel.id }, side: { S: 'source' }, generation: { N: '12345678901234567890.5' } } }));
    ledger.destroy();
    await tunnel.signal();

    const { at } = world.cloud.logs.lines.map(({ text }) => (text.startsWith('{') ? JSON.parse(text) : {})).find(({ message }) => message === 'recovery failed');
    expect(at[0]).toMatch(/\/assets?\S*\/\S+\.js:\d+:\d+\)?$/);
    const ours = at.filter((frame: string) => frame.includes('lambda/'));
    expect(ours.map(sourceAt)[0]).toEqual({ file: 'lambda/adapters/dynamo-ledger.ts', line: expect.stringContaining('unmarshall(') });
  });

  it('WHEN Lambda itself reports it THEN so does its trace', async () => {
    const outcome = await world.cloud.functions.invoke(world.deployment.physicalId('AWS::Lambda::Function', 'RotatorFunction'), { Records: [null] });
    const [headline, ...frames] = (outcome as { error: FunctionError }).error.trace!;
    expect(headline).toContain("reading 'body'");
    expect(sourceAt(frames.find((frame) => frame.includes('lambda/'))!)).toEqual({
      file: 'lambda/rotator/handler.ts', line: expect.stringContaining('normalise(record.body'),
    });
  });
});
