import type { EventFeed } from '../admin/event-feed';
import type { Clock } from '../clock';
import type { LocalCloud } from '../local-cloud';
import type { CallWeather } from '../weather/forecast';
import type { Weather } from '../weather/weather';
import type { Act } from './contract';
import { secretOf } from './views';

/** So many connections at once. */
const MANY = 100;
/** A flapping link: cut so often, each time so long after it is back. Milliseconds. */
const FLAPS = 6;
const FLAP_AFTER = 400;
/** One call of each kind a second. */
const THROTTLE: CallWeather = { on: 'iotsecuretunneling', throttle: { perSecond: 1, burst: 1 } };

const NOTHING_TO_CUT = 'Not connected just now: nothing to cut.';

/** What the page's buttons do. Each says in a sentence what it did, or why it could not. */
export class Acts {
  private disarm: (() => void) | undefined;
  /** How often each that flaps is still to be cut. */
  private readonly flapping = new Map<string, number>();

  constructor(private readonly cloud: LocalCloud, private readonly weather: Weather, private readonly feed: EventFeed, clock: Clock) {
    feed.onEvent((event) => {
      if (event.type === 'connected' && event.side === 'source' && this.flapping.has(event.tunnelId)) clock.after(FLAP_AFTER, () => this.flap(event.tunnelId));
    });
  }

  get killing(): boolean {
    return this.disarm !== undefined;
  }

  get throttled(): boolean {
    return this.weather.forecast.calls.some(isThrottle);
  }

  async run(act: Act, tunnelId: string): Promise<string> {
    switch (act) {
      case 'cut': return this.cut(tunnelId, false) ? 'Cut: its TCP connection was reset.' : NOTHING_TO_CUT;
      case 'silence': return this.cut(tunnelId, true) ? 'Dropped silently: the service still takes it for connected.' : NOTHING_TO_CUT;
      case 'flap':
        this.flapping.set(tunnelId, FLAPS);
        return this.flap(tunnelId) ? `Flapping: cut ${FLAPS} times, each time as soon as it is back.` : NOTHING_TO_CUT;
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

  private flap(tunnelId: string): boolean {
    const left = (this.flapping.get(tunnelId) ?? 1) - 1;
    if (left > 0) this.flapping.set(tunnelId, left);
    else this.flapping.delete(tunnelId);
    return this.cut(tunnelId, false);
  }

  private cutMany(): string {
    const live = this.cloud.places.flatMap(({ tunneling }) => tunneling.admin.tunnels()).filter(({ source }) => source.connection);
    const cut = live.slice(0, MANY).filter(({ tunnelId }) => this.cut(tunnelId, false));
    if (cut.length === 0) return NOTHING_TO_CUT;
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
      return this.cloud.functions.dieOver(call.instance);
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
    if (!found) return 'It has no secret yet: its first rotation makes one.';
    const { services: { act, secrets, place }, name } = found;
    const you = { kind: 'user', arn: place.globalArn('iam', 'user/page') } as const;
    await act(you, secrets.service, 'DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true });
    this.feed.publish({ type: 'taken', secret: name, tunnelId });
    return 'Its secret is gone. The next drop needs a new one.';
  }
}

const isThrottle = (each: CallWeather) => JSON.stringify(each) === JSON.stringify(THROTTLE);
