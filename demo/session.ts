import { connect, type ConnectOptions, type Connection } from '../connector/connect';

/** The operator's session, kept alive by the source connector; tells when it stands. */
export class Session {
  private readonly connection: Connection;
  /** When it came to stand, each time. Epoch milliseconds. */
  private readonly standing: number[] = [];
  private wake: () => void = () => undefined;
  private over?: string;

  constructor(options: ConnectOptions) {
    this.connection = connect(options);
    void this.watch();
  }

  /** Resolves when the session has come to stand for the `times`-th time, with the moment. @throws if it ended instead */
  async stands(times: number): Promise<number> {
    while (this.standing.length < times) {
      if (this.over) throw new Error(`the connector gave up: ${this.over}`);
      await new Promise<void>((resolve) => { this.wake = resolve; });
    }
    return this.standing[times - 1];
  }

  async stop(): Promise<void> {
    await this.connection.stop();
  }

  private async watch(): Promise<void> {
    for await (const state of this.connection) {
      if (state.state === 'connected') this.standing.push(state.at);
      if (state.state === 'ended') this.over = state.ending.sentence;
      this.wake();
    }
  }
}
