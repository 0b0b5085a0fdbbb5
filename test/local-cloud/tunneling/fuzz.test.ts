import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { systemClock } from '../../../local-cloud/clock';
import { AwsError } from '../../../local-cloud/service';
import { admit } from '../../../local-cloud/tunneling/admission';
import { LIKELY_BEHAVIOUR } from '../../../local-cloud/tunneling/behaviour';
import { REFUSALS } from '../../../local-cloud/tunneling/refusals';
import { encodeFrame, type Frame, FrameError, FrameParser, type Message } from '../../../tunnel-protocol/frames';
import { MessageRules } from '../../../local-cloud/tunneling/message-rules';
import { Tokens } from '../../../local-cloud/tunneling/tokens';
import { createTunneling } from '../../../local-cloud/tunneling/tunneling';

/** The inputs are the same on every run; a failure prints the smallest one that fails. */
const inputs = (numRuns: number) => ({ numRuns, seed: 20_250_101 });

function framesOf(chunks: Iterable<Buffer>): Frame[] {
  const parser = new FrameParser();
  return [...chunks].flatMap((chunk) => [...parser.push(chunk)]);
}

function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (const length of lengths) yield bytes.subarray(start, (start += length));
  yield bytes.subarray(start);
}

const someMessage: fc.Arbitrary<Partial<Message>> = fc.record({
  type: fc.integer({ min: 1, max: 7 }), streamId: fc.integer(), ignorable: fc.boolean(), payload: fc.uint8Array({ maxLength: 40 }),
  serviceId: fc.string({ maxLength: 8 }), availableServiceIds: fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }), connectionId: fc.nat(),
}, { requiredKeys: ['type'] });

describe('the frame parser', () => {
  /** Either frames, or a FrameError: no crash, no hang. */
  function survives(bytes: Uint8Array): void {
    try {
      for (const { message } of framesOf([Buffer.from(bytes)])) {
        const verdict = new MessageRules('destination').check(message);
        expect(verdict === 'relay' || verdict === 'ignore' || typeof verdict.fault === 'string').toBe(true);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
    }
  }

  test('30,000 times any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), survives), inputs(30_000));
  });

  test('20,000 times any bytes in a proper frame', () => {
    const framed = fc.uint8Array({ maxLength: 48 }).map((body) => Buffer.concat([Buffer.from([0, body.length]), body]));
    fc.assert(fc.property(framed, survives), inputs(20_000));
  });

  test('10,000 times a message with one byte changed', () => {
    const spoiled = fc.tuple(someMessage, fc.nat(), fc.nat(255)).map(([message, place, value]) => {
      const frame = encodeFrame(message);
      frame[place % frame.length] = value;
      return frame;
    });
    fc.assert(fc.property(spoiled, survives), inputs(10_000));
  });

  test('5,000 times good messages, cut anywhere: they come out as they went in', () => {
    fc.assert(fc.property(fc.array(someMessage, { maxLength: 4 }), fc.array(fc.nat(20), { maxLength: 12 }), (messages, lengths) => {
      const bytes = Buffer.concat(messages.map((message) => encodeFrame(message)));
      const frames = framesOf(cut(bytes, lengths));
      expect(Buffer.concat(frames.map((frame) => frame.bytes)).equals(bytes)).toBe(true);
      expect(frames.map(({ message }) => message.type)).toEqual(messages.map(({ type }) => type));
    }), inputs(5_000));
  });
});

describe('the control API', () => {
  const KNOWN_ERRORS = ['SerializationException', 'ValidationException', 'ResourceNotFoundException', 'LimitExceededException'];
  const { service } = createTunneling({ clock: systemClock, behaviour: { maxOpenTunnels: 50 } });
  const { tunnelId, tunnelArn } = service.actions.OpenTunnel(callTo('OpenTunnel', {})) as { tunnelId: string; tunnelArn: string };

  function callTo(action: string, input: Record<string, unknown>) {
    return { service: 'iotsecuretunneling', action, input, accessKeyId: 'AKIDEXAMPLE', requestId: '1' };
  }

  const junk = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', 'x'.repeat(129), 'x'.repeat(5_000), '__proto__', 'SSH', '\u0000', '\ud800'),
    fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }), fc.object({ maxDepth: 1, maxKeys: 3 }));
  const config = fc.oneof(junk, fc.record({ thingName: junk, services: fc.oneof(junk, fc.array(junk, { maxLength: 3 })) }, { requiredKeys: [] }));
  const tagList = fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ key: junk, value: junk }, { requiredKeys: [] })), { maxLength: 3 }));
  const request = fc.record({
    tunnelId: fc.oneof(junk, fc.constant(tunnelId)), resourceArn: fc.oneof(junk, fc.constant(tunnelArn)),
    clientMode: fc.oneof(junk, fc.constantFrom('SOURCE', 'DESTINATION', 'ALL')), destinationConfig: config, description: junk, tags: tagList,
    tagKeys: fc.oneof(junk, fc.array(junk, { maxLength: 3 })), timeoutConfig: fc.oneof(junk, fc.record({ maxLifetimeTimeoutMinutes: junk })),
    thingName: junk, maxResults: junk, nextToken: junk, delete: junk, [`__proto__`]: junk,
  }, { requiredKeys: [] });

  /** An answer, or an error in AWS's shape. */
  function answers(action: string, input: unknown): void {
    for (const ask of [service.needs!, service.actions[action]]) {
      try {
        JSON.stringify(ask(callTo(action, input as never)));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        expect(KNOWN_ERRORS).toContain(error.code);
        expect(error.status).toBe(400);
      }
    }
  }

  test('24,000 times a request made of good and bad members', () => {
    fc.assert(fc.property(fc.constantFrom(...Object.keys(service.actions)), request, answers), inputs(24_000));
  });

  test('6,000 times any JSON value', () => {
    fc.assert(fc.property(fc.constantFrom(...Object.keys(service.actions)), fc.jsonValue({ maxDepth: 2 }), answers), inputs(6_000));
  });
});

describe('the handshake', () => {
  const name = fc.constantFrom('access-token', 'Access-Token', 'cookie', 'client-token', 'sec-websocket-protocol', 'x-other');
  const value = fc.oneof(fc.string(), fc.constantFrom('awsiot-tunnel-token=', 'awsiot-tunnel-token=a; awsiot-tunnel-token', 'aws.iot.securetunneling-3.0', ',,'));
  const url = fc.oneof(fc.string(), fc.webPath(), fc.constantFrom('/tunnel', '/tunnel?local-proxy-mode=source', '//tunnel', '/tunnel?local-proxy-mode=%', '*', ''));

  test('5,000 times any request: without a good token, always a refusal', () => {
    const tokens = new Tokens((bytes) => Buffer.alloc(bytes), () => true);
    fc.assert(fc.property(url, fc.array(fc.tuple(name, value), { maxLength: 4 }), (path, headers) => {
      const asked = { method: 'GET', url: path, httpVersion: '1.1', rawHeaders: headers.flat() } as unknown as IncomingMessage;
      const admission = admit(asked, tokens, LIKELY_BEHAVIOUR);
      expect(admission.admitted === false && admission.refusal in REFUSALS).toBe(true);
    }), inputs(5_000));
  });
});
