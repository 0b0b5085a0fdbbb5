import { connect, type ConnectOptions, type Connection } from '../connector/connect';

/** The operator's session, kept alive by the source connector; tells when it stands. */
export class Session {
  private readonly connection: Connection;
  private standing = 0;
  private wake: () => void = () => undefined;
  private over?: string;

  constructor(options: ConnectOptions) {
    this.connection = connect(options);
    void this.watch();
  }

  /** Resolves when the session has come to stand for the `times`-th time. @throws if it ended instead */
  async stands(times: number): Promise<void> {
    while (this.standing < times) {
      if (this.over) throw new Error(`the connector gave up: ${this.over}`);
      await new Promise<void>((resolve) => { this.wake = resolve; });
    }
  }

  async stop(): Promise<void> {
    await this.connection.stop();
  }

  private async watch(): Promise<void> {
    for await (const state of this.connection) {
      if (state.state === 'connected') this.standing += 1;
      if (state.state === 'ended') this.over = state.ending.sentence;
      this.wake();
    }
  }
}
