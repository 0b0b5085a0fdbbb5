export {
  AnnouncementChannel, EventBridgeAnnouncementChannelProps, MqttAnnouncementChannelProps,
} from './announcement-channel';
export {
  DisconnectSource, DisconnectSourceConfig, EventBridgeDisconnectSourceProps, MqttDisconnectSourceProps, SignalPermission, SignalTarget,
} from './disconnect-source';
export { RotatorAlarmProps, RotatorAlarms } from './rotator-alarms';
export { RotatorMetrics } from './rotator-metrics';
export { TunnelTokenRotatorProps } from './rotator-props';
export { TokenGrantOptions, TunnelTokenRotator } from './tunnel-token-rotator';
