import type { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { upgrade } from '../conformance/raw-client';
import { connect } from './connection';
import { awsControl, type AwsControl } from './control';
import type { Lab } from './lab';
import type { Lease } from './lease';

export interface AwsLabProps extends Pick<Lab, 'clock' | 'history' | 'silence' | 'thing' | 'limitedBy'> {
  readonly client: IoTSecureTunnelingClient;
  /** The data plane, for example `https://data.tunneling.iot.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly lease: Lease;
  readonly interrupted: AbortSignal;
  /** See `ControlProps`. */
  readonly description?: string;
}

export type AwsLab = Lab & { readonly control: AwsControl };

/** The real service, wherever client and endpoint point at. */
export function awsLab({ client, endpoint, lease, interrupted, description, ...rest }: AwsLabProps): AwsLab {
  return {
    ...rest,
    control: awsControl({ client, lease, clock: rest.clock, interrupted, description }),
    connect: (tunnelId, side, token, options) => connect({ endpoint, tunnelId, side, token, abort: interrupted, ...options }),
    upgrade: (path, headers) => upgrade(endpoint, path, headers),
  };
}
