/** Small real clients of the data plane, for the demo and for tests. */
export { connectDestination, type Destination, type DestinationProps, type Target } from './destination';
export { type Closed, LinkFailedError, type LinkProps, UpgradeRefusedError } from './link';
export { connectSource, type Source, type SourceProps } from './source';
export { TunnelStream } from './stream';
