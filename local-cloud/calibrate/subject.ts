import type { ClientMode, Tunnel } from '@aws-sdk/client-iotsecuretunneling';
import type { SideName } from '../../tunnel-protocol/side-name';
import { errorName } from './errors';
import type { Connected, ConnectOptions, Lab, Opened } from './lab';

/** What DescribeTunnel says of one side. */
export interface State {
  readonly status: string | undefined;
  /** Epoch milliseconds. */
  readonly lastUpdatedAt: number | undefined;
}

/** The tunnel that the questions share, with a token for each connection that they make. */
export class Subject {
  private opened?: Opened;
  private readonly unused = new Map<SideName, string>();

  /** What the tunnel was opened for: as many as the documents allow, or as the service let us. */
  services: readonly string[] = ['SSH', 'RDP', 'WEB'];

  /** How old an answer of DescribeTunnel may be, as far as is known; milliseconds. */
  lag = 0;

  constructor(private readonly lab: Lab) {}

  async id(): Promise<string> {
    return (await this.open()).tunnelId;
  }

  /** A token of the side that nobody has used. */
  async token(side: SideName): Promise<string> {
    await this.open();
    const token = this.unused.get(side) ?? (await this.rotate(side === 'source' ? 'SOURCE' : 'DESTINATION'))[side];
    this.unused.delete(side);
    return token!;
  }

  async connect(side: SideName, options?: ConnectOptions): Promise<Connected> {
    const token = await this.token(side);
    return this.lab.connect(await this.id(), side, token, options);
  }

  async rotate(mode: ClientMode): Promise<Partial<Record<SideName, string>>> {
    const fresh = await this.lab.control.rotate(await this.id(), mode);
    for (const side of ['source', 'destination'] as const) if (fresh[side]) this.unused.set(side, fresh[side]);
    return fresh;
  }

  async describe(): Promise<Tunnel> {
    return this.lab.control.describe(await this.id());
  }

  async state(side: SideName): Promise<State> {
    const state = (await this.describe())[`${side}ConnectionState`];
    return { status: state?.status, lastUpdatedAt: state?.lastUpdatedAt?.getTime() };
  }

  /** The same, when no older answer can come any more. */
  async settledState(side: SideName): Promise<State> {
    await this.lab.clock.wait(2 * this.lag);
    return this.state(side);
  }

  async close(): Promise<void> {
    await this.lab.control.close(await this.id());
  }

  private async open(): Promise<Opened> {
    if (this.opened) return this.opened;
    this.opened = await this.openWithin();
    this.unused.set('source', this.opened.source).set('destination', this.opened.destination);
    return this.opened;
  }

  private async openWithin(): Promise<Opened> {
    const thingName = this.lab.thing?.name;
    try {
      return await this.lab.control.open({ destinationConfig: { services: [...this.services], ...(thingName && { thingName }) } });
    } catch (error) {
      if (this.services.length === 1 || errorName(error) !== 'LimitExceededException') throw error;
      this.services = this.services.slice(1);
      return this.openWithin();
    }
  }
}
