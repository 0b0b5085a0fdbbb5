/** What the package offers to programs that embed the connector, as `@tunnel-token-rotator/source`. */
export { connect, type Connection, type ConnectOptions } from './connect';
export type { ProxyOptions } from './proxy/options';
export { type Ending, type EndingName, ENDINGS } from './session/endings';
export type { Successor } from './session/succession';
export type { Growth, Policy, Stretch } from './session/pauses';
export type { Log, LogLevel, State } from './session/vocabulary';
