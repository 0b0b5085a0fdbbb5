import { IoTSecureTunnelingClient, type IoTSecureTunnelingClientConfig, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Lab, LabClock } from './lab';
import { patiently } from './patience';

export interface LimitedProps {
  readonly sts: STSClient;
  /** Of the client that calls as the role. */
  readonly settings: IoTSecureTunnelingClientConfig;
  readonly roleArn: string;
  readonly clock: LabClock;
  readonly interrupted: AbortSignal;
}

/**
 * Acts as a role that a session policy limits further: the one way to see what the service really puts into a condition key. The
 * policy simulator is told such values by whoever asks it, and knows none of its own.
 */
export const limitedBy = ({ sts, settings, roleArn, clock, interrupted }: LimitedProps): NonNullable<Lab['limitedBy']> => async (policy) => {
  const assume = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'calibrate', DurationSeconds: 900, Policy: JSON.stringify(policy) });
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await sts.send(assume)).Credentials!;
  const limited = new IoTSecureTunnelingClient({
    ...settings, credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken },
  });
  return {
    async rotate(tunnelId, clientMode, destinationConfig) {
      const command = new RotateTunnelAccessTokenCommand({ tunnelId, clientMode, destinationConfig });
      const answer = await patiently({ clock, interrupted }, () => limited.send(command));
      return { source: answer.sourceAccessToken, destination: answer.destinationAccessToken };
    },
  };
};
