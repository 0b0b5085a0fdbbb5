export {
  AnnouncementChannel, EventBridgeAnnouncementChannelProps, MqttAnnouncementChannelProps,
} from './announcement-channel';
export { ClientMode } from './client-mode';
export {
  DisconnectSource, DisconnectSourceConfig, EventBridgeDisconnectSourceProps, MqttDisconnectSourceProps, SignalPermission, SignalTarget,
} from './disconnect-source';
export { FlapBudget } from './rotation-policy';
export { RotatorAlarmProps, RotatorAlarms } from './rotator-alarms';
export { RotatorMetrics } from './rotator-metrics';
export { TunnelTokenRotatorProps } from './rotator-props';
export { TokenGrantOptions, TunnelTokenRotator } from './tunnel-token-rotator';
export { TunnelScope } from './tunnel-scope';
