import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Connection, type ConnectOptions } from '../../../connector/connect';
import type { State } from '../../../connector/session/vocabulary';

/** Somebody with a TCP session through a tunnel that the connector keeps up. */
export class Operator {
  readonly states: State[] = [];
  readonly news: string[] = [];
  private readonly connection: Connection;
  private readonly reading: Promise<void>;
  private changed: () => void = () => undefined;
  private socket: Socket | undefined;
  private seen = 0;

  constructor(readonly port: number, options: ConnectOptions) {
    this.connection = connect({ ...options, log: (level, message) => this.news.push(`${level}: ${message}`) });
    this.reading = this.read();
  }

  /** Resolves at the next connection that was not seen yet. */
  async connected(): Promise<State> {
    for (;;) {
      const state = this.states.slice(this.seen).find(({ state }) => state === 'connected' || state === 'ended');
      if (state?.state === 'ended') throw new Error(`the session ended: ${state.ending.name} ${state.ending.details.join('\n')}`);
      if (state) {
        this.seen = this.states.indexOf(state) + 1;
        return state;
      }
      await new Promise<void>((resolve) => { this.changed = resolve; });
    }
  }

  /** Opens a TCP session through the tunnel and has some bytes come back. It stays open. */
  async talk(text: string): Promise<boolean> {
    this.socket = await this.dial();
    const heard: Buffer[] = [];
    this.socket.on('data', (chunk: Buffer) => heard.push(chunk));
    this.socket.write(text);
    const { socket } = this;
    while (Buffer.concat(heard).length < text.length && !socket.closed) {
      await new Promise<void>((resolve) => {
        socket.once('data', () => resolve());
        socket.once('close', () => resolve());
      });
    }
    return Buffer.concat(heard).toString() === text;
  }

  /** Resolves when the TCP session is over: the cut was felt. */
  async hangup(): Promise<void> {
    const { socket } = this;
    if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve)); // perhaps with a reset
  }

  stop(): Promise<string> {
    void this.connection.stop();
    return this.over();
  }

  /** Resolves with how the session ended, once it has. */
  async over(): Promise<string> {
    const { name } = await this.connection.ended;
    await this.reading;
    this.socket?.destroy();
    return name;
  }

  private async read(): Promise<void> {
    for await (const state of this.connection) {
      this.states.push(state);
      this.changed();
    }
  }

  /** The local proxy listens a moment after it connected. */
  private async dial(): Promise<Socket> {
    for (;;) {
      const socket = connectTcp(this.port, '127.0.0.1').on('error', () => undefined);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
      if (!socket.connecting && !socket.closed && !socket.destroyed) return socket;
      await pause(5);
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
