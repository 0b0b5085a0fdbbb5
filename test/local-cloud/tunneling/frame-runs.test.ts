import fc from 'fast-check';
import { encodeFrame, encodeFrames, FrameError, FrameParser, type Frame, MAX_WEBSOCKET_MESSAGE, MessageType } from '../../../tunnel-protocol/frames';
import { type FrameRun, inRuns } from '../../../local-cloud/tunneling/frame-runs';

const data = (length: number, streamId = 1) => ({ type: MessageType.DATA, streamId, payload: Buffer.alloc(length, streamId) });
const parsed = (bytes: Buffer) => new FrameParser().push(bytes);

test('GIVEN frames of one WebSocket message THEN they go on in one, and none of their bytes is copied', () => {
  const bytes = encodeFrames([data(10), data(20), data(30)]);
  const [run, ...others] = inRuns(parsed(bytes));
  expect(others).toEqual([]);
  expect([run.messages.length, run.bytes.equals(bytes)]).toEqual([3, true]);
  expect([run.bytes.buffer, run.bytes.byteOffset]).toEqual([bytes.buffer, bytes.byteOffset]);
});

test('GIVEN a frame between them that goes no further THEN those before and those after it do', () => {
  const bytes = encodeFrames([data(10, 1), data(20, 2), data(30, 3)]);
  const runs = [...inRuns([...parsed(bytes)].filter(({ message }) => message.streamId !== 2))];
  expect(runs.map(({ messages }) => messages.map(({ streamId }) => streamId))).toEqual([[1], [3]]);
});

test('GIVEN an error after good frames THEN these are handed out first', () => {
  const runs: FrameRun[] = [];
  expect(() => {
    for (const run of inRuns(parsed(Buffer.concat([encodeFrame(data(10)), Buffer.from([0, 1, 255])])))) runs.push(run);
  }).toThrow(FrameError);
  expect(runs.map(({ messages }) => messages.length)).toEqual([1]);
});

test('GIVEN any frames, cut anywhere THEN all of them go on in order, never more at a time than a client takes', () => {
  const lengths = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 64_000, max: 64_512 })), { maxLength: 8 });
  fc.assert(fc.property(lengths, fc.array(fc.nat(MAX_WEBSOCKET_MESSAGE), { maxLength: 6 }), (sizes, cuts) => {
    const bytes = encodeFrames(sizes.map((size, index) => data(size, index + 1)));
    const parser = new FrameParser();
    const runs: FrameRun[] = [];
    let start = 0;
    for (const end of [...cuts, bytes.length].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)) {
      const frames: Iterable<Frame> = parser.push(bytes.subarray(start, end));
      runs.push(...inRuns(frames));
      start = end;
    }
    expect(Buffer.concat(runs.map((run) => run.bytes)).equals(bytes)).toBe(true);
    expect(runs.flatMap(({ messages }) => messages.map(({ streamId }) => streamId))).toEqual(sizes.map((_, index) => index + 1));
    expect(Math.max(0, ...runs.map((run) => run.bytes.length))).toBeLessThanOrEqual(MAX_WEBSOCKET_MESSAGE);
  }), { numRuns: 300 });
});
