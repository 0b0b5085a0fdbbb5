import { PretendedVault } from '../vault';

/** The pretended Secrets Manager, which tells its states from each other. */
export class SmallVault extends PretendedVault {
  private goneAt: number | undefined;

  override destroy(tunnelId: string, now: number): void {
    if (this.secrets.has(tunnelId)) this.goneAt = now;
    super.destroy(tunnelId, now);
  }

  state(tunnelId: string): unknown {
    const secret = this.secrets.get(tunnelId);
    return [secret && [secret.current, secret.changedAt, [...secret.versions]], this.goneAt];
  }
}
