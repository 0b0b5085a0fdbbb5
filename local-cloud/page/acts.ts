import type { EventFeed } from '../admin/event-feed';
import { AdminError } from '../admin/resources';
import { ConnectionLost } from '../calls';
import type { Clock } from '../clock';
import type { LocalCloud } from '../local-cloud';
import type { CallWeather } from '../weather/forecast';
import type { Weather } from '../weather/weather';
import type { Act } from './contract';
import { secretOf } from './views';

/** So many connections at once. */
const MANY = 100;
/** A flapping link: cut so often, so long after each other; a connection that just isn't there is let off. */
const FLAPS = 6;
const FLAP_EVERY = 900;
/** One call of each kind a second. */
const THROTTLE: CallWeather = { on: 'iotsecuretunneling', throttle: { perSecond: 1, burst: 1 } };

/** What the page's buttons do. Each says in a sentence what it did. */
export class Acts {
  private disarm: (() => void) | undefined;

  constructor(private readonly cloud: LocalCloud, private readonly weather: Weather, private readonly feed: EventFeed, private readonly clock: Clock) {}

  get killing(): boolean {
    return this.disarm !== undefined;
  }

  get throttled(): boolean {
    return this.weather.forecast.calls.some(isThrottle);
  }

  /** @throws AdminError if it cannot be done just now */
  async run(act: Act, tunnelId: string): Promise<string> {
    switch (act) {
      case 'cut': return this.cut(tunnelId, false) ? 'Cut: its TCP connection was reset.' : nothingToCut();
      case 'silence': return this.cut(tunnelId, true) ? 'Dropped silently: the service still takes it for connected.' : nothingToCut();
      case 'flap': return this.flap(tunnelId);
      case 'hundred': return this.cutMany();
      case 'kill': return this.killNext();
      case 'throttle': return this.throttle();
      case 'take-secret': return this.takeSecret(tunnelId);
    }
  }

  private cut(tunnelId: string, silently: boolean): boolean {
    const admin = this.cloud.places.map(({ tunneling }) => tunneling.admin)
      .find((each) => each.tunnels().some((tunnel) => tunnel.tunnelId === tunnelId && tunnel.source.connection));
    if (!admin) return false;
    this.feed.publish({ type: silently ? 'silenced' : 'cut', tunnelId });
    if (silently) admin.cutSilently(tunnelId, 'source');
    else admin.cut(tunnelId, 'source');
    return true;
  }

  private flap(tunnelId: string): string {
    if (!this.cut(tunnelId, false)) nothingToCut();
    for (let time = 1; time < FLAPS; time += 1) this.clock.after(time * FLAP_EVERY, () => void this.cut(tunnelId, false));
    return `Flapping: cut ${FLAPS} times, ${FLAP_EVERY} ms apart.`;
  }

  private cutMany(): string {
    const live = this.cloud.places.flatMap(({ tunneling }) => tunneling.admin.tunnels()).filter(({ source }) => source.connection);
    const cut = live.slice(0, MANY).filter(({ tunnelId }) => this.cut(tunnelId, false));
    if (cut.length === 0) nothingToCut();
    return cut.length === 1 ? 'Cut the only one that was connected.' : `Cut ${cut.length} at once${cut.length < MANY ? ': no more were connected' : ''}.`;
  }

  /** The worst moment to die: the old token is revoked, and nobody has the new one. */
  private killNext(): string {
    if (this.disarm) {
      this.disarm();
      this.disarm = undefined;
      return 'No rotator is going to be killed.';
    }
    this.disarm = this.cloud.calls.intercept(async (call, proceed) => {
      if (call.action !== 'RotateTunnelAccessToken' || call.instance === undefined) return proceed();
      this.disarm?.();
      this.disarm = undefined;
      await proceed();
      this.feed.publish({ type: 'killed', functionName: call.caller, tunnelId: String(call.input.tunnelId) });
      await this.cloud.functions.kill(call.instance);
      throw new ConnectionLost('its caller was killed');
    });
    return 'The next rotator that rotates dies before it hears the answer: the old token is spent, and nobody has the new one.';
  }

  private async throttle(): Promise<string> {
    const { calls, ...rest } = this.weather.forecast;
    const others = calls.filter((each) => !isThrottle(each));
    const throttled = others.length < calls.length;
    await this.cloud.setWeather({ ...rest, calls: throttled ? others : [...others, THROTTLE] });
    return throttled ? 'Secure Tunneling takes calls as they come again.' : 'Secure Tunneling takes one call of each kind a second, and throttles the rest.';
  }

  private async takeSecret(tunnelId: string): Promise<string> {
    const found = secretOf(this.cloud, tunnelId);
    if (!found) throw new AdminError(409, 'It has no secret yet: its first rotation makes one.');
    const { services: { act, secrets, place }, name } = found;
    const you = { kind: 'user', arn: place.globalArn('iam', 'user/page') } as const;
    await act(you, secrets.service, 'DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true });
    this.feed.publish({ type: 'taken', secret: name, tunnelId });
    return 'Its secret is gone. The next drop needs a new one.';
  }
}

/** @throws AdminError always */
function nothingToCut(): never {
  throw new AdminError(409, 'It is not connected just now.');
}

const isThrottle = (each: CallWeather) => JSON.stringify(each) === JSON.stringify(THROTTLE);
