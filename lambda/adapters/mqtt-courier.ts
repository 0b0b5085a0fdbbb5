import type { Confidential } from '../../lib/confidential';
import type { Courier } from '../domain/ports';
import type { Publish } from './broker';

/**
 * Carries a destination's token to the topic of a tunnel without a thing name, in the shape of AWS's own notification, so
 * that an agent which listens on `$aws/things/<thing>/tunnels/notify` needs to learn nothing but another topic.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/configure-remote-agent.html
 */
export class MqttCourier implements Courier {
  /** @param topic with `<tunnelId>` where the id goes, percent-encoded */
  constructor(private readonly publish: Publish, private readonly topic: string | undefined, private readonly region: string) {}

  async carry(tunnelId: string, token: Confidential, services: readonly string[]): Promise<void> {
    await this.publish(this.topic?.replaceAll('<tunnelId>', encodeURIComponent(tunnelId)), {
      clientAccessToken: token.reveal(), clientMode: 'destination', region: this.region, services,
    });
  }
}
