import type { Context } from './context';

/**
 * Sends the destination's token to the device, in AWS's shape, on the topic that its agent listens to.
 * https://docs.aws.amazon.com/iot/latest/developerguide/configure-remote-device.html
 */
export function notifyDestination(
  { publish, region }: Context,
  thingName: string,
  services: readonly string[],
  clientAccessToken: string,
): void {
  const payload = { clientAccessToken, clientMode: 'destination', region, services };
  publish(`$aws/things/${thingName}/tunnels/notify`, JSON.stringify(payload));
}
