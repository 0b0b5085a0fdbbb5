import { ListSecretsCommand, CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueUrlCommand, ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { parseWeather } from '../../../local-cloud/cli/weather-flag';
import { Dice } from '../../../local-cloud/weather/dice';
import { FAIR, ForecastError, parseForecast, type CallWeather, type Forecast } from '../../../local-cloud/weather/forecast';
import { refusal, withCloud } from '../support';

const running = withCloud();
afterEach(() => running.cloud.setWeather(FAIR));

const calls = (...rules: CallWeather[]): Forecast => ({ ...FAIR, calls: rules });
const list = () => running.clients.sqs.send(new ListQueuesCommand({}));
const create = (QueueName: string) => running.clients.sqs.send(new CreateQueueCommand({ QueueName }));
const exists = async (QueueName: string) => (await refusal(running.clients.sqs.send(new GetQueueUrlCommand({ QueueName })))) === 'no error';

test('latency keeps a call waiting', async () => {
  await running.cloud.setWeather(calls({ on: 'sqs.ListQueues', latency: [60_000, 60_000] }));
  let answered = false;
  const listed = list().then(() => { answered = true; });
  await create('meanwhile'); // another action does not wait
  expect(answered).toBe(false);
  await running.cloud.advance(60_000);
  await listed;
});

test('a token bucket throttles each action by itself, in the words of its service', async () => {
  await running.cloud.setWeather(calls({ on: '*', throttle: { perSecond: 1, burst: 2 } }));
  const listSecrets = () => running.clients.secrets.send(new ListSecretsCommand({}));
  const outcomes = [await refusal(list()), await refusal(list()), await refusal(list()), await refusal(listSecrets()), await refusal(listSecrets()), await refusal(listSecrets())];
  expect(outcomes).toEqual(['no error', 'no error', 'RequestThrottled', 'no error', 'no error', 'ThrottlingException']);
  await running.cloud.advance(1_000);
  expect(await refusal(list())).toBe('no error');
});

describe('an error, a reset, a timeout', () => {
  test('strikes before the action has an effect', async () => {
    await running.cloud.setWeather(calls({ on: 'sqs.CreateQueue', errors: 1 }));
    expect(await refusal(create('before'))).toBe('InternalError');
    expect(await exists('before')).toBe(false);
  });

  test('or after it, when only the answer is lost', async () => {
    await running.cloud.setWeather(calls({ on: 'sqs.CreateQueue', errors: 1, moment: 'after' }));
    expect(await refusal(create('after'))).toBe('InternalError');
    expect(await exists('after')).toBe(true);
  });

  test('a reset cuts the connection', async () => {
    await running.cloud.setWeather(calls({ on: 'sqs.CreateQueue', resets: 1, moment: 'after' }));
    await expect(create('reset')).rejects.toMatchObject({ message: expect.stringMatching(/socket hang up|ECONNRESET/) });
    expect(await exists('reset')).toBe(true);
  });

  test('a timeout leaves it open, and says nothing', async () => {
    await running.cloud.setWeather(calls({ on: 'sqs.CreateQueue', timeouts: 1 }));
    const recorded = running.cloud.calls.next({ action: 'CreateQueue' });
    const giveUp = new AbortController();
    const created = refusal(running.clients.sqs.send(new CreateQueueCommand({ QueueName: 'unheard' }), { abortSignal: giveUp.signal }));
    expect(await recorded).toMatchObject({ status: 0, error: 'Unanswered' });
    giveUp.abort();
    expect(await created).toBe('AbortError');
  });
});

describe('queues', () => {
  const receive = async (QueueUrl: string) => (await running.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages?.map(({ Body }) => Body) ?? [];
  const filled = async (name: string) => {
    const { QueueUrl = '' } = await create(name);
    for (const MessageBody of ['a', 'b', 'c', 'd', 'e', 'f']) await running.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    return QueueUrl;
  };

  test('may give out a message twice', async () => {
    await running.cloud.setWeather({ ...FAIR, duplicates: 1 });
    const url = await filled('twice');
    await receive(url);
    expect(await receive(url)).toHaveLength(6);
  });

  test('may give out messages in any order', async () => {
    await running.cloud.setWeather({ ...FAIR, reorder: true }, 7);
    const received = await receive(await filled('shuffled'));
    expect(received).not.toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(received.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

test('the same seed brings the same weather', async () => {
  await running.clients.secrets.send(new CreateSecretCommand({ Name: 'seeded', SecretString: 'x' }));
  const read = () => refusal(running.clients.secrets.send(new GetSecretValueCommand({ SecretId: 'seeded' })));
  const tenReads = async (seed: number) => {
    await running.cloud.setWeather(calls({ on: 'secretsmanager', errors: 0.5 }), seed);
    const outcomes: string[] = [];
    for (let count = 0; count < 10; count += 1) outcomes.push(await read());
    return outcomes;
  };
  const first = await tenReads(42);
  expect(new Set(first).size).toBe(2);
  expect(await tenReads(42)).toEqual(first);
  expect(await tenReads(43)).not.toEqual(first);
});

test('dice are fair enough', () => {
  const dice = new Dice(1);
  const throws = Array.from({ length: 10_000 }, () => dice.next());
  expect(throws.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(Math.abs(throws.reduce((sum, value) => sum + value, 0) / throws.length - 0.5)).toBeLessThan(0.02);
});

describe('a forecast', () => {
  test.each([
    ['latency=50..200', { calls: [{ on: '*', latency: [50, 200] }] }],
    ['latency=50', { calls: [{ on: '*', latency: [50, 50] }] }],
    ['sqs.SendMessage:throttle=10/20', { calls: [{ on: 'sqs.SendMessage', throttle: { perSecond: 10, burst: 20 } }] }],
    ['secretsmanager:throttle=10,errors=0.1,moment=after', { calls: [{ on: 'secretsmanager', throttle: { perSecond: 10, burst: 10 }, errors: 0.1, moment: 'after' }] }],
    ['*.Publish:resets=0.1,timeouts=0.2', { calls: [{ on: '*.Publish', resets: 0.1, timeouts: 0.2 }] }],
    ['duplicates=0.1', { duplicates: 0.1 }],
    ['reorder=true', { reorder: true }],
    ['functionClockSkew=-2000', { functionClockSkew: -2000 }],
  ])('as a flag: %s', (flag, expected) => {
    expect(parseWeather(flag, FAIR)).toEqual({ ...FAIR, ...expected });
  });

  test('flags add up', () => {
    const both = parseWeather('latency=5', parseWeather('sqs:errors=1', FAIR));
    expect(both.calls.map(({ on }) => on)).toEqual(['sqs', '*']);
  });

  test.each(['errors', 'errors=2', 'errors=x', 'latency=200..50', 'throttle=-1', 'reorder=maybe', 'moment=later', 'sunshine=1', 'S3 bucket:errors=1', 'duplicates='])(
    'the flag %s is refused', (flag) => {
      expect(() => parseWeather(flag, FAIR)).toThrow(ForecastError);
    });

  test.each([
    ['a name that is not known', { storms: 1 }, 'storms'],
    ['a rule without calls', { calls: [{ errors: 1 }] }, 'calls[0].on'],
    ['a rule that is no object', { calls: [5] }, 'calls[0]'],
    ['a chance above 1', { duplicates: 1.1 }, 'duplicates'],
  ])('%s is refused by name', (_, raw, name) => {
    expect(() => parseForecast(raw)).toThrow(name);
  });
});
