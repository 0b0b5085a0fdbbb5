import { MAX_PAYLOAD, type Message, MessageType } from '../../tunnel-protocol/frames';
import type { SideName } from './vocabulary';

export type Verdict = 'relay' | 'ignore' | { readonly fault: string };

const { DATA, STREAM_START, STREAM_RESET, SESSION_RESET, SERVICE_IDS, CONNECTION_START, CONNECTION_RESET } = MessageType;

const STREAM_TYPES: readonly number[] = [DATA, STREAM_START, STREAM_RESET, CONNECTION_START, CONNECTION_RESET];

/**
 * What a client may say. The protocol guides let the service close the WebSocket of a client that says anything else.
 * The same rules hold for every protocol version: AWS's own proxy is one program for all of them.
 * https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V3WebSocketProtocolGuide.md
 */
export class MessageRules {
  /** Whether this client names services; it may not change its mind. */
  private namesService?: boolean;

  constructor(private readonly side: SideName) {}

  check(message: Message): Verdict {
    const { type, streamId, payload } = message;
    if (type === MessageType.UNKNOWN) return fault('The message has no type');
    if (type < 0 || type > CONNECTION_RESET) return message.ignorable ? 'ignore' : fault('The message type is not part of the protocol');
    if (type === SESSION_RESET) return fault('A client must not send SESSION_RESET');
    if (type === SERVICE_IDS) return fault('A client must not send SERVICE_IDS');
    if (this.side === 'destination' && (type === STREAM_START || type === CONNECTION_START)) {
      return fault('A destination must not start streams or connections');
    }
    if (STREAM_TYPES.includes(type) && streamId === 0) return fault('The stream id 0 is invalid');
    if (payload.length > MAX_PAYLOAD) return fault('The payload is longer than 64512 bytes');
    // As names of services are; bytes that are no UTF-8 are none either.
    if (!/^[a-zA-Z0-9:_-]{0,128}$/.test(message.serviceId)) return fault('The service id is invalid');
    return this.checkService(message);
  }

  private checkService({ type, serviceId }: Message): Verdict {
    if (type !== DATA && type !== STREAM_START) return 'relay';
    const names = serviceId !== '';
    this.namesService ??= names;
    return names === this.namesService ? 'relay' : fault('A client must name the service in all of its messages or in none');
  }
}

const fault = (text: string): Verdict => ({ fault: text });
