import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { EventFeed } from '../admin/event-feed';
import { AdminError } from '../admin/resources';
import type { Clock } from '../clock';
import type { Fallback } from '../http-front';
import { isRecord } from '../inputs';
import type { LocalCloud } from '../local-cloud';
import type { Weather } from '../weather/weather';
import { header, type HttpReply, type HttpRequest } from '../wire/wire';
import { Acts } from './acts';
import { ACTS, KEY_HEADER, PAGE_PATH, type Act, type Snapshot } from './contract';
import { fileOf, KEY_PLACE } from './files';
import { Tally } from './tally';
import { detailOf, disturbed, queueRows, tunnelRows } from './views';

/**
 * What every answer of the page carries: nothing from elsewhere is loaded, nobody puts the page into a frame, and no other page may so much as
 * embed what it is answered.
 */
const GUARD = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store',
};

/**
 * The local cloud, to look at and to break: `--page`. The gate has stood before it (host name; an Origin only if it is the page's own). Its buttons
 * come as JSON with a key that only the page can have read, so no other page can press them.
 */
export class Page {
  private readonly key = randomBytes(24).toString('base64url');
  private readonly acts: Acts;
  private readonly tally: Tally;

  constructor(private readonly cloud: LocalCloud, weather: Weather, feed: EventFeed, private readonly clock: Clock) {
    this.acts = new Acts(cloud, weather, feed, clock);
    this.tally = new Tally((id) => tunnelRows(cloud).some(({ tunnelId, open }) => tunnelId === id && open));
    feed.onEvent(this.tally.add);
  }

  readonly answer: Fallback = async (request) => {
    if (!isOfPage(request.path)) return undefined;
    try {
      const reply = await (request.method === 'POST' ? this.press(request) : this.show(request));
      return { ...reply, headers: { ...GUARD, ...reply.headers } };
    } catch (error) {
      return json(error instanceof AdminError ? error.status : 400, { error: error instanceof Error ? error.message : String(error) });
    }
  };

  private async show({ method, path }: HttpRequest): Promise<HttpReply> {
    if (method !== 'GET' && method !== 'HEAD') throw new AdminError(405, 'only GET and POST here');
    const step = path.slice(PAGE_PATH.length + 1);
    if (step === 'snapshot') return json(200, this.snapshot());
    const [, tunnelId] = /^tunnels\/([^/]+)$/.exec(step) ?? [];
    if (tunnelId !== undefined) return json(200, await detailOf(this.cloud, decodeURIComponent(tunnelId)));
    const file = fileOf(step);
    if (!file) throw new AdminError(404, `there is no ${path}`);
    return { status: 200, headers: { 'content-type': file.type }, body: file.text.replace(KEY_PLACE, this.key) };
  }

  private async press(request: HttpRequest): Promise<HttpReply> {
    if (!header(request, 'content-type').startsWith('application/json')) throw new AdminError(415, 'send application/json');
    if (!same(header(request, KEY_HEADER), this.key)) throw new AdminError(403, 'only the page itself can press its buttons; reload it');
    const act = request.path.slice(PAGE_PATH.length + 1);
    if (!isAct(act)) throw new AdminError(404, `there is no button '${act}'; there are ${ACTS.join(', ')}`);
    const body: unknown = JSON.parse(request.body.toString('utf8') || '{}');
    const tunnelId = isRecord(body) ? body.tunnelId : undefined;
    return json(200, { said: await this.acts.run(act, String(tunnelId ?? '')) });
  }

  private snapshot(): Snapshot {
    const { cloud, acts: { throttled, killing } } = this;
    return {
      now: this.clock.now(), tunnels: tunnelRows(cloud), queues: queueRows(cloud), throttled, killing,
      numbers: { ...this.tally.numbers, disturbed: disturbed(cloud) },
    };
  }
}

/** Is this the page's, or one of its files or answers? */
export const isOfPage = (path: string): boolean => path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`);

const isAct = (word: string): word is Act => (ACTS as readonly string[]).includes(word);

function same(given: string, key: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(key)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const json = (status: number, value: unknown): HttpReply =>
  ({ status, headers: { ...GUARD, 'content-type': 'application/json' }, body: JSON.stringify(value) });
