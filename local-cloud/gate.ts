import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may speak at all. A web page that somebody looks at on this machine can send requests here as well: under its own host name, made to
 * point to this machine (DNS rebinding), or with an `Origin`. Neither is answered, and no page is ever told that it may read an answer.
 */
export class Gate {
  /** @param names host names under which the cloud is meant to be found, beside addresses and localhost */
  constructor(private readonly names: readonly string[]) {}

  /**
   * Why a request is refused; undefined: it isn't. Clients of tunnels may be web pages: a token is all that they can use here.
   * @param isPage the request is for the cloud's own page, whose own buttons come with the cloud's own Origin
   */
  refusal(headers: IncomingHttpHeaders, { isTunnel = false, isPage = false } = {}): string | undefined {
    const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    if (!this.knows(host)) return `come by address or as localhost, not as '${host}'; --allow-host lets another name in`;
    if (headers.origin === undefined || isTunnel) return undefined;
    const isOwn = isPage && [`http://${headers.host}`, `https://${headers.host}`].includes(headers.origin);
    return isOwn ? undefined : 'requests of web pages are not taken';
  }

  private knows(host: string): boolean {
    // Names below localhost are this machine, whatever a name server says.
    return /^(localhost|[\w.-]+\.localhost|\[[\da-f:.]+\]|\d{1,3}(\.\d{1,3}){3})$/.test(host) || this.names.includes(host);
  }
}
