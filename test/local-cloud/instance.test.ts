import { Instance } from '../../local-cloud/functions/instance';

test('an instance whose process cannot be started says so, at once and when it is invoked', async () => {
  const instance = new Instance({ id: 'x', environment: {}, directory: '/nowhere', functionArn: 'arn', ahead: 0, log: () => undefined });
  expect(await instance.started).toMatchObject({ errorType: 'Runtime.StartError', errorMessage: expect.stringContaining('ENOENT') });
  expect(instance.alive).toBe(false);
  expect(await instance.invoke('request', {}, 0)).toMatchObject({ kind: 'failed', error: { errorType: 'Runtime.StartError' } });
});
