import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { Link } from '../../../tunnel-protocol/link';

type Send = (...args: unknown[]) => Promise<unknown>;
/** What every client of the SDK is made from. */
const ANY_CLIENT = Object.getPrototypeOf(IoTSecureTunnelingClient.prototype) as { send: Send };

/** Knows whether anything is on its way in this process: a call to AWS, a handshake, a ping. Then no time may pass. */
export class Quiet {
  /** Pings are not answered, and nobody waits for that: the connection was cut in silence. */
  deaf = false;
  private readonly underWay = new Set<unknown>();
  private readonly asked = new Map<Link, number>();
  private readonly real = { ping: Link.prototype.ping, send: ANY_CLIENT.send };

  constructor() {
    const { asked, underWay, real } = this;
    subscribe('http.client.request.start', this.requested);
    Link.prototype.ping = function (this: Link) {
      asked.set(this, this.heard);
      void this.closed.then(() => asked.delete(this));
      real.ping.call(this);
    };
    // From before the first byte: credentials and signatures take their time.
    ANY_CLIENT.send = function (...args) {
      const answer = real.send.apply(this, args);
      underWay.add(answer);
      const over = () => void underWay.delete(answer);
      answer.then(over, over);
      return answer;
    };
  }

  /** Resolves when everything that is on its way has arrived. */
  async comes(): Promise<void> {
    do for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    while (this.underWay.size > 0 || (!this.deaf && [...this.asked].some(([link, before]) => link.heard === before)));
  }

  close(): void {
    unsubscribe('http.client.request.start', this.requested);
    Link.prototype.ping = this.real.ping;
    ANY_CLIENT.send = this.real.send;
  }

  private readonly requested = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    this.underWay.add(request);
    const over = () => void this.underWay.delete(request);
    request.once('upgrade', over).once('error', over).once('close', over);
  };
}
