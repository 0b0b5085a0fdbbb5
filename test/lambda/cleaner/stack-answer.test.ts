import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerStack, type StackRequest } from '../../../lambda/cleaner/stack-answer';
import { DependencyError } from '../../../lambda/domain/errors';

interface Received { readonly method?: string; readonly path?: string; readonly contentType?: string; readonly body: unknown }

describe('the answer to CloudFormation', () => {
  const received: Received[] = [];
  let statuses: number[];
  let server: Server;

  beforeEach(async () => {
    received.length = 0;
    statuses = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; }).on('end', () => {
        received.push({ method: request.method, path: request.url, contentType: request.headers['content-type'], body: JSON.parse(body) });
        response.writeHead(statuses.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  });
  afterEach(() => new Promise((resolve) => { server.close(resolve); }));

  const request = (): StackRequest => ({
    RequestType: 'Delete',
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answers/1?Signature=abc%2F`,
    StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Secrets', PhysicalResourceId: 'cleanup', ResourceProperties: { SecretPrefix: 'acme' },
  });

  it('names the request, and what became of it', async () => {
    await answerStack(request(), { physicalId: 'cleanup' });
    await answerStack(request(), { physicalId: 'cleanup', failure: 'because' });

    const named = { PhysicalResourceId: 'cleanup', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Secrets' };
    expect(received.map(({ body }) => body)).toEqual([{ ...named, Status: 'SUCCESS' }, { ...named, Status: 'FAILED', Reason: 'because' }]);
  });

  it('is put where the URL says, without a content type, for which it is not signed', async () => {
    await answerStack(request(), { physicalId: 'cleanup' });
    expect(received).toMatchObject([{ method: 'PUT', path: '/answers/1?Signature=abc%2F', contentType: '' }]);
  });

  it('WHEN it is not taken at first THEN it is put again', async () => {
    statuses = [500, 503];
    await answerStack(request(), { physicalId: 'cleanup' }, [0, 0]);
    expect(received).toHaveLength(3);
  });

  it('WHEN it is never taken THEN that is a failure, without the URL, which is a right to answer', async () => {
    statuses = [403, 403, 403];
    const failure = await answerStack(request(), { physicalId: 'cleanup' }, [0, 0]).catch((error: unknown) => error);
    expect(failure).toEqual(new DependencyError('CloudFormation.Answer', 'unavailable', 'Http403', false));
    expect(JSON.stringify(failure)).not.toContain('Signature');
  });
});
