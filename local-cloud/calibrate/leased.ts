import type { IoTSecureTunnelingClient, OpenTunnelRequest, OpenTunnelResponse } from '@aws-sdk/client-iotsecuretunneling';
import { isRefusal, TAG } from './control';
import type { Lease } from './lease';

/**
 * Lets no OpenTunnel of this client pass unnoticed, whoever sends it: it is counted, and marked where the request leaves room.
 *
 * @param secret is told what must not be told to others
 */
export function leased(client: IoTSecureTunnelingClient, lease: Lease, description: string, secret: (text: string) => void): void {
  client.middlewareStack.add((next, { commandName }) => async (args) => {
    if (commandName !== 'OpenTunnelCommand') return next(args);
    const { description: given, tags, ...request } = args.input as OpenTunnelRequest;
    const input = { ...request, description: given === undefined ? description : given, tags: tags === undefined ? [TAG] : tags };
    const { result } = await lease.take(async () => {
      const answered = await next({ ...args, input: input as typeof args.input });
      const { tunnelId, sourceAccessToken, destinationAccessToken } = answered.output as OpenTunnelResponse;
      for (const text of [tunnelId, sourceAccessToken, destinationAccessToken]) if (text) secret(text);
      return { tunnelId: tunnelId!, result: answered };
    }, isRefusal);
    return result;
  }, { step: 'initialize', name: 'lease' });
}
