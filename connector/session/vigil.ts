import type { Particulars, Progress } from './progress';
import type { SourceSide } from './vocabulary';

/**
 * `doubted`: the service shows it disconnected, but the child has said nothing. `lost`: the child said so itself, and tries to come back.
 */
type Phase = 'starting' | 'connected' | 'doubted' | 'lost';

/** What a look at the tunnel means: `dead` is a connection that nobody brings back. */
export type Sighting = 'fine' | 'doubtful' | 'dead';

/** The service may be slow to show a connection, so one look proves nothing. A child that tries by itself gets more time. */
const LOOKS = { doubted: 2, lost: 3 } as const;

export interface VigilProps {
  /** The source side before the child started. */
  readonly before: SourceSide | undefined;
  readonly progress: Progress;
  /** Whether a child that lost its connection is to be left to its tries, whatever the service shows. */
  readonly tireless: () => boolean;
  /** The state that a good connection puts the session in. */
  readonly connected: () => Particulars;
}

/** Puts together what the child says of its connection and what the service shows of it, from the child's start to its end. */
export class Vigil {
  private phase: Phase = 'starting';
  private everConnected = false;
  /** When the connection came about that the service showed last, in service time. */
  private shownAt: number | undefined;
  private goneAt: number | undefined;
  private looks = 0;

  constructor(private readonly props: VigilProps) {}

  get isConnected(): boolean {
    return this.phase !== 'starting';
  }

  get wasConnected(): boolean {
    return this.everConnected;
  }

  /** The child says that it is connected and listens, perhaps once for each port. */
  childConnected(): void {
    if (this.phase === 'connected') return;
    this.connect();
  }

  childReconnecting(): void {
    if (this.phase === 'starting') return;
    this.phase = 'lost';
    this.props.progress.losing();
  }

  /** A look at the tunnel. */
  look({ status, lastUpdatedAt = 0 }: SourceSide): Sighting {
    return status === 'CONNECTED' ? this.lookConnected(lastUpdatedAt) : this.lookDisconnected(lastUpdatedAt);
  }

  private lookConnected(since: number): Sighting {
    const { before, progress, connected } = this.props;
    const another = this.shownAt !== since;
    this.looks = 0;
    if (this.phase === 'starting') {
      if (before?.status === 'CONNECTED' && before.lastUpdatedAt === since) return 'fine'; // somebody else's
      this.connect();
    } else if (this.phase === 'lost') {
      // What it shows may be the ghost of the connection that was lost.
      if (this.shownAt === undefined || !another) return 'doubtful';
      this.connect();
    } else {
      this.phase = 'connected';
      progress.assured(connected());
    }
    this.shownAt = since;
    return 'fine';
  }

  private lookDisconnected(since: number): Sighting {
    if (this.phase === 'starting') return 'fine';
    if (this.phase === 'lost' && this.props.tireless()) return 'fine';
    this.looks = this.goneAt === since ? this.looks + 1 : 1;
    this.goneAt = since;
    if (this.phase === 'connected') {
      this.phase = 'doubted';
      this.props.progress.losing();
    }
    return this.looks >= LOOKS[this.phase as keyof typeof LOOKS] ? 'dead' : 'doubtful';
  }

  private connect(): void {
    const { progress, connected } = this.props;
    if (this.phase !== 'starting') progress.dropped(); // and came back by itself
    this.phase = 'connected';
    this.everConnected = true;
    this.goneAt = undefined;
    this.looks = 0;
    progress.connected(connected());
  }
}
