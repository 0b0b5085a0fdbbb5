/** The end of a tunnel that a token is for, in AWS's own words. */
export enum ClientMode {
  /** Where the operator sits. Its fresh token is delivered to AWS Secrets Manager. */
  SOURCE = 'SOURCE',

  /**
   * Where the device is. AWS itself publishes its fresh token on `$aws/things/<thing>/tunnels/notify`, once, and keeps it nowhere. So
   * it is rotated only when somebody says that the device can hear it: `DisconnectSource.thingPresence()`, or a signal of the
   * device's own over MQTT with `"clientMode": "DESTINATION"`.
   *
   * @see https://docs.aws.amazon.com/iot/latest/developerguide/iot-secure-tunneling-troubleshooting.html
   */
  DESTINATION = 'DESTINATION',
}
