import type { Socket } from 'node:net';

/** What was sent to the other end, as far back as it may have missed it. */
export class Scrollback {
  private kept = Buffer.alloc(0);
  private dropped = 0;

  constructor(private readonly most = 1_048_576) {}

  add(bytes: Buffer): void {
    const all = Buffer.concat([this.kept, bytes]);
    const tooMuch = Math.max(0, all.length - this.most);
    this.dropped += tooMuch;
    this.kept = all.subarray(tooMuch);
  }

  /** What follows the first `seen` bytes; if part of that is forgotten, what is left. */
  since(seen: number): Buffer {
    return this.kept.subarray(Math.max(0, seen - this.dropped));
  }
}

/** Waits for the other end's `<count>\n`, once; `rest` is what came right behind it. */
export function greeted(socket: Socket, begin: (count: number, rest: Buffer) => void): void {
  let greeting = Buffer.alloc(0);
  const read = (bytes: Buffer) => {
    greeting = Buffer.concat([greeting, bytes]);
    const end = greeting.indexOf('\n');
    if (end < 0) return;
    socket.off('data', read);
    begin(Number(greeting.toString('latin1', 0, end)), greeting.subarray(end + 1));
  };
  socket.on('data', read);
}
