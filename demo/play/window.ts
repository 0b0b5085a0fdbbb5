import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { greeted, Scrollback } from './scrollback';

/** The operator's end of a shell on a device: it comes back to the same shell over whatever connection there is. */
export class ShellWindow {
  private seen = 0;
  private readonly typed = new Scrollback();
  /** While the device is at its other end. */
  private socket: Socket | undefined;
  private over = false;
  private leave: () => void = () => undefined;

  /**
   * @param show takes what the shell writes, each byte once
   * @param back is told each time that the shell is there again
   */
  constructor(private readonly port: number, private readonly show: (bytes: Buffer) => void, private readonly back: () => void) {}

  /** Resolves when the window is closed. */
  async run(): Promise<void> {
    while (!this.over) {
      await this.visit();
      if (!this.over) await sleep(20); // its port is open again in a moment
    }
  }

  /** Goes to the shell now, or as soon as it is there again. */
  type(bytes: Buffer): void {
    this.typed.add(bytes);
    this.socket?.write(bytes);
  }

  close(): void {
    this.over = true;
    this.leave();
  }

  private async visit(): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
    this.leave = () => socket.destroy();
    socket.on('error', () => undefined); // 'close' follows
    socket.once('connect', () => socket.write(`${this.seen}\n`));
    greeted(socket, (heard, rest) => {
      this.socket = socket;
      this.back();
      socket.write(this.typed.since(heard));
      this.take(rest);
      socket.on('data', (bytes: Buffer) => this.take(bytes));
    });
    await closed;
    this.socket = undefined;
  }

  private take(bytes: Buffer): void {
    this.seen += bytes.length;
    if (bytes.length > 0) this.show(bytes);
  }
}
