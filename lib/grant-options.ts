/** Which tunnels a grant is about. What is left out does not restrict; what is given must all hold. */
export interface TokenGrantOptions {
  /**
   * Only this tunnel: its token, its state, signals about it.
   *
   * @default - all tunnels
   */
  readonly tunnelId?: string;

  /**
   * Only tunnels to this thing, which IAM knows by the tag that the rotator puts on each secret, and by the level for the thing in the topics of
   * signals. `*` stands for any run of characters. `${credentials-iot:ThingName}` or `${aws:PrincipalTag/...}` is the thing of whoever asks.
   *
   * @default - tunnels to any thing, and to none
   */
  readonly thingName?: string;
}

/** What somebody who keeps a source connected may do. */
export interface ConnectGrantOptions extends TokenGrantOptions {
  /**
   * Also open tunnels and close them, as `tunnel-source --open-tunnel` does. Opens those to `thingName`, or to any thing; closes any tunnel unless
   * `tunnelId` names one, because IAM knows no thing of a tunnel that is to be closed. Opening a tunnel costs money.
   *
   * @default false
   */
  readonly openTunnels?: boolean;

  /**
   * Give the tunnels tags when opening them, as `tunnel-source --tag` does. Needs `openTunnels`. IAM can't tell it from tagging a tunnel that is there,
   * so whoever may do this can bring any tunnel into a `tunnelScope` of tags, and out of it.
   *
   * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_TagResource.html
   * @default false
   */
  readonly tagTunnels?: boolean;
}
