import fc from 'fast-check';
import { encodeFrames, FrameError, FrameParser, type Message, MessageType } from '../../tunnel-protocol/frames';
import { joined } from '../../tunnel-protocol/joined';

const { CONNECTION_RESET, DATA } = MessageType;
const data = (text: string, connectionId = 1, serviceId = 'SSH') => ({ type: DATA, serviceId, streamId: 1, connectionId, payload: Buffer.from(text) });
const reset = { type: CONNECTION_RESET, serviceId: 'SSH', streamId: 1, connectionId: 1 };
const told = ({ type, serviceId, connectionId, payload }: Message) =>
  type === DATA ? `${serviceId} ${connectionId} ${Buffer.from(payload).toString()}` : 'reset';

test.each([
  ['bytes of one connection', [data('ab'), data('cdef'), data('g')], ['SSH 1 abcdefg']],
  ['bytes of two connections', [data('ab'), data('cd', 2), data('ef', 2), data('gh')], ['SSH 1 ab', 'SSH 2 cdef', 'SSH 1 gh']],
  ['bytes of two services', [data('ab'), data('cd', 1, 'HTTP')], ['SSH 1 ab', 'HTTP 1 cd']],
  ['another message between bytes', [data('ab'), reset, data('cd'), data('ef')], ['SSH 1 ab', 'reset', 'SSH 1 cdef']],
  ['the same message twice', [reset, reset], ['reset', 'reset']],
  ['nothing to carry', [data(''), data('ab'), data(''), data('cd')], ['SSH 1 ', 'SSH 1 ab', 'SSH 1 ', 'SSH 1 cd']],
])('GIVEN %s in one WebSocket message THEN what lies side by side is one message', (_, messages, expected) => {
  expect([...joined(new FrameParser().push(encodeFrames(messages)))].map(told)).toEqual(expected);
});

test('GIVEN an error after good frames THEN these are handed out first', () => {
  const heard: string[] = [];
  expect(() => {
    const bytes = Buffer.concat([encodeFrames([data('ab'), data('cd')]), Buffer.from([0, 1, 255])]);
    for (const message of joined(new FrameParser().push(bytes))) heard.push(told(message));
  }).toThrow(FrameError);
  expect(heard).toEqual(['SSH 1 abcd']);
});

test('GIVEN any frames, cut anywhere THEN each connection has its bytes in order, and what lies beside the frames is left alone', () => {
  const said = fc.array(fc.tuple(fc.nat(2), fc.string({ maxLength: 400 })), { maxLength: 12 });
  const around = 'around';
  fc.assert(fc.property(said, fc.array(fc.nat(2_000), { maxLength: 6 }), (all, cuts) => {
    const memory = Buffer.concat([Buffer.from(around), encodeFrames(all.map(([connection, text]) => data(text, connection + 1))), Buffer.from(around)]);
    const bytes = memory.subarray(around.length, -around.length);
    const parser = new FrameParser();
    const heard: Message[] = [];
    let start = 0;
    for (const end of [...cuts, bytes.length].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)) {
      heard.push(...joined(parser.push(bytes.subarray(start, end))));
      start = end;
    }
    for (const connection of [1, 2, 3]) {
      const text = heard.filter(({ connectionId }) => connectionId === connection).map(({ payload }) => Buffer.from(payload));
      expect(Buffer.concat(text).toString()).toBe(all.filter(([which]) => which + 1 === connection).map(([, each]) => each).join(''));
    }
    expect([memory.subarray(0, around.length), memory.subarray(-around.length)].map(String)).toEqual([around, around]);
  }), { numRuns: 500 });
});
