/** Small real clients of the data plane, for the demo and for tests. */
export { connectDestination, type Destination, type DestinationProps, type Target } from './peer/destination';
export { type Closed, LinkFailedError, UpgradeRefusedError } from './peer/link';
export { connectSource, type Source, type SourceProps } from './peer/source';
export { TunnelStream } from './peer/stream';
