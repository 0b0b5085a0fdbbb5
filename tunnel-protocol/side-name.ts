/** The two ends of a tunnel, as the data plane's `local-proxy-mode` names them. */
export type SideName = 'source' | 'destination';
