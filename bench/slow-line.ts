import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';

/** A line to a port, on which everything takes its time, each way. It counts how often the client's side spoke after the other one had. */
export class SlowLine {
  /** Flights of the client since it was asked to count. */
  flights = 0;
  private speaker: 'client' | 'service' = 'service';
  private readonly clients = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param delay milliseconds each way; 0: a plain relay */
  static async to(port: number, delay: number): Promise<SlowLine> {
    const server = createServer({ noDelay: true });
    const line = new SlowLine(server);
    server.on('connection', (client) => {
      const service = connect({ port, host: '127.0.0.1', noDelay: true });
      line.clients.add(client);
      client.once('close', () => line.clients.delete(client));
      carry(client, service, delay, () => line.spoke('client'));
      carry(service, client, delay, () => line.spoke('service'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Counts from here. */
  count(): void {
    this.flights = 0;
    this.speaker = 'service';
  }

  /** Resets whatever is connected. */
  cut(): void {
    for (const client of this.clients) client.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private spoke(who: 'client' | 'service'): void {
    if (who === 'client' && this.speaker === 'service') this.flights += 1;
    this.speaker = who;
  }
}

function carry(from: Socket, to: Socket, delay: number, spoke: () => void): void {
  const later = (action: () => void) => (delay > 0 ? void setTimeout(action, delay) : action());
  from.on('error', () => undefined).once('close', () => later(() => to.destroy())).once('end', () => later(() => to.end()));
  to.on('drain', () => from.resume());
  from.on('data', (chunk) => {
    spoke();
    later(() => {
      if (!to.destroyed && !to.write(chunk)) from.pause();
    });
  });
}
