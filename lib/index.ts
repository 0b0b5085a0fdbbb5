export {
  AnnouncementChannel, EventBridgeAnnouncementChannelProps, MqttAnnouncementChannelProps,
} from './signals/announcement-channel';
export { ClientMode } from './client-mode';
export { DisconnectSource } from './signals/disconnect-source';
export {
  DisconnectSourceConfig, EventBridgeDisconnectSourceProps, MqttDisconnectSourceProps, SignalPermission, SignalTarget,
} from './signals/signal-target';
export { FlapBudget } from './rotation-policy';
export { DefaultAlarmProps, RotatorAlarmProps, RotatorAlarms } from './monitoring/rotator-alarms';
export { RotatorMetrics } from './monitoring/rotator-metrics';
export { TunnelTokenRotatorProps } from './rotator-props';
export { ConnectGrantOptions, TokenGrantOptions } from './grant-options';
export { ITunnelTokenRotator, TunnelTokenRotatorAttributes } from './rotator-interface';
export { TunnelTokenRotator } from './tunnel-token-rotator';
export { TunnelScope } from './tunnel-scope';
