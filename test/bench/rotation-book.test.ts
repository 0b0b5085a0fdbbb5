import { RotationBook } from '../../bench/rotation-book';
import type { CallRecord } from '../../local-cloud/calls';
import type { LogLine } from '../../local-cloud/functions/logs';

const TUNNEL = 'arn:aws:iot:eu-west-1:123456789012:tunnel/t';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefix/t/source-abcdef';
type Cloud = ConstructorParameters<typeof RotationBook>[0];

/** A cloud on which just this happens. */
function bookOf(happens: readonly ([at: number, instance: string, action: string, status?: number] | [log: string, instance: string])[], ended: string[] = []) {
  const told: { call?: (record: CallRecord) => void; line?: (line: LogLine) => void } = {};
  const invocations = ended.map((instance) => ({ instance, error: { errorType: 'Sandbox.Timedout' } }));
  const book = new RotationBook({
    calls: { onEnd: (listener: typeof told.call) => { told.call = listener; } }, logs: { onLine: (sink: typeof told.line) => { told.line = sink; } },
    functions: { invocations },
  } as unknown as Cloud);
  for (const one of happens) {
    if (typeof one[0] === 'string') told.line?.({ text: one[0], instance: one[1] } as LogLine);
    else {
      const [startedAt, instance, action, status = 200] = one;
      told.call?.({ startedAt, instance, action, status, caller: 'rotator', needs: [], resources: [/Secret/.test(action!) ? SECRET : TUNNEL] } as unknown as CallRecord);
    }
  }
  return book;
}

const ROTATE = 'RotateTunnelAccessToken';
const failed = (call: string, code: string) => JSON.stringify({ message: 'recovery failed', tunnelId: 't', call, code });
const LOST = failed('IoTSecureTunneling.RotateTunnelAccessToken', 'TimeoutError');

describe('what became of a rotation', () => {
  it.each<[string, Parameters<typeof bookOf>, string[]]>([
    ['its token was put', [[[0, 'a', ROTATE], [1, 'a', 'PutSecretValue']]], ['delivered']],
    ['its token was the first one', [[[0, 'a', ROTATE], [1, 'a', 'CreateSecret']]], ['delivered']],
    ['a put that failed was repeated', [[[0, 'a', ROTATE], [1, 'a', 'PutSecretValue', 500], [2, 'a', 'PutSecretValue']]], ['delivered']],
    ['it was refused', [[[0, 'a', ROTATE, 429]]], []],
    ['its rotator heard no answer, and another one made the next', [[[0, 'a', ROTATE], [LOST, 'a'], [30, 'b', ROTATE], [31, 'b', 'PutSecretValue']]], ['unanswered', 'delivered']],
    ['its rotator was ended', [[[0, 'a', ROTATE]], ['a']], ['unanswered']],
    ['its token could not be put', [[[0, 'a', ROTATE], [1, 'a', 'PutSecretValue', 500], [failed('SecretsManager.PutSecretValue', 'Broken'), 'a']]], ['undelivered']],
    ['another one was throttled', [[[0, 'a', ROTATE], [failed('IoTSecureTunneling.RotateTunnelAccessToken', 'ThrottlingException'), 'a']]], ['unexplained']],
    ['somebody else failed', [[[0, 'a', ROTATE], [LOST, 'b']], ['c']], ['unexplained']],
    ['nobody says why', [[[0, 'a', ROTATE], [1, 'a', ROTATE], [2, 'a', 'PutSecretValue']]], ['unexplained', 'delivered']],
  ])('GIVEN %s THEN it is told', (_, terms, fates) => {
    expect(bookOf(...terms).fates('t')).toEqual(fates);
  });
});
