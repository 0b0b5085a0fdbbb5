import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import { type Frame, FrameError, FrameParser } from '../../tunnel-protocol/frames';
import { type FrameRun, inRuns } from './frame-runs';
import { MessageRules } from './message-rules';
import type { SideName, Version } from './vocabulary';

/** Bytes that may wait for a slow client before the other side is held back, and when it may go on. */
const HIGH_WATER = 1_048_576;
const LOW_WATER = 262_144;

/** Why a client is not read from for now. */
export type Hold = 'congestion' | 'bandwidth' | 'silence';

/** How often a client that is held back is asked whether it is still there. */
const PROBE_PERIOD = 1_000;

/** How long a client has to answer our close frame before its TCP connection is ended. */
const CLOSE_GRACE = 1_000;

const PROTOCOL_ERROR = 1002;
const UNSUPPORTED_DATA = 1003;
const NORMAL_CLOSURE = 1000;

export interface ConnectionDetails {
  readonly channelId: string;
  readonly version: Version;
  readonly side: SideName;
  readonly connectedAt: number;
}

/** One client's WebSocket, seen as a carrier of frames. */
export class Connection {
  private readonly parser = new FrameParser();
  private readonly rules: MessageRules;
  private runHandler: (run: FrameRun) => void = () => undefined;
  private lostHandler: (farewell: boolean) => void = () => undefined;
  private drainHandler?: () => void;
  private readonly holds = new Set<Hold>();
  private probe?: NodeJS.Timeout;

  constructor(readonly details: ConnectionDetails, private readonly webSocket: WebSocket, private readonly transport: Duplex) {
    this.rules = new MessageRules(details.side);
    webSocket.on('message', (data: Buffer, isBinary) => this.receive(data, isBinary));
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('close', (code) => {
      this.stopProbing();
      this.drained();
      // 1006: no close frame came; the TCP connection just ended.
      this.lostHandler(code !== 1006);
    });
  }

  /** Called with all valid frames, in order. */
  onFrames(handler: (run: FrameRun) => void): void {
    this.runHandler = handler;
  }

  /** Called once, when the WebSocket is over; `farewell` tells whether a close frame said so. */
  onLost(handler: (farewell: boolean) => void): void {
    this.lostHandler = handler;
  }

  send(bytes: Buffer): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.webSocket.send(bytes, { binary: true }, () => {
      if (this.waiting <= LOW_WATER) this.drained();
    });
  }

  /** Bytes that the client has not read yet, beyond what the network holds. */
  get waiting(): number {
    return this.webSocket.bufferedAmount;
  }

  /** More waits for this client than it should. */
  get congested(): boolean {
    return this.waiting > HIGH_WATER;
  }

  /** Calls back once when the congestion is over, or the connection. */
  onDrain(handler: () => void): void {
    this.drainHandler = handler;
  }

  /** Nothing is read from this client now. */
  get heldBack(): boolean {
    return this.holds.size > 0;
  }

  /** Stops reading from the client until every hold is released. */
  hold(why: Hold): void {
    if (this.holds.size === 0) this.webSocket.pause();
    this.holds.add(why);
    // Who is not read from can't be heard to leave; a word to him comes back as an error.
    if (why !== 'silence') this.probe ??= setInterval(() => this.webSocket.ping(), PROBE_PERIOD).unref();
  }

  isHeld(why: Hold): boolean {
    return this.holds.has(why);
  }

  release(why: Hold): void {
    if (!this.holds.delete(why) || this.holds.size > 0) return;
    this.stopProbing();
    this.webSocket.resume();
  }

  /** Ends the connection with a close frame. */
  close(reason: string, code = NORMAL_CLOSURE): void {
    this.webSocket.resume();
    this.webSocket.close(code, reason);
    setTimeout(() => this.webSocket.terminate(), CLOSE_GRACE).unref();
  }

  /** Ends the TCP connection hard: a reset where the transport can do that. */
  cut(): void {
    const { transport } = this;
    if (transport instanceof Socket && !(transport instanceof TLSSocket)) transport.resetAndDestroy();
    else transport.destroy();
  }

  private receive(data: Buffer, isBinary: boolean): void {
    // After our goodbye nothing counts any more.
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    if (!isBinary) return this.close('Only binary frames are allowed', UNSUPPORTED_DATA);
    try {
      for (const run of inRuns(this.admissible(data))) this.runHandler(run);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.close(error.message, PROTOCOL_ERROR);
    }
  }

  private *admissible(data: Buffer): Generator<Frame> {
    for (const frame of this.parser.push(data)) {
      const verdict = this.rules.check(frame.message);
      if (verdict === 'ignore') continue;
      if (verdict !== 'relay') throw new FrameError(verdict.fault);
      yield frame;
    }
  }

  private stopProbing(): void {
    clearInterval(this.probe);
    this.probe = undefined;
  }

  private drained(): void {
    const handler = this.drainHandler;
    this.drainHandler = undefined;
    handler?.();
  }
}
