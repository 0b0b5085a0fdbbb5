export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  /** Path in the construct tree, if the template tells. */
  readonly constructPath?: string;
}

/** A stack, as the deployer hands it over. */
export interface DeployedStack {
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Physical id by logical id. */
  readonly physicalIds: Readonly<Record<string, string>>;
  /** What was accepted and is not quite so here. */
  readonly notes: readonly string[];
  /** In the order in which they were made. */
  readonly resources: readonly DeployedResource[];
  /**
   * Physical id of the one resource of a type; where there are several, of the one whose construct path or logical id holds `part`.
   * @throws Error if it isn't exactly one
   */
  physicalId(type: string, part?: string): string;
  /** Takes the stack down again, last resource first. */
  destroy(): Promise<void>;
}

/** A stack that stands, and where. */
export interface Deployment extends DeployedStack {
  readonly account: string;
  readonly region: string;
  /** Environment for an SDK or the AWS command line that looks at this stack. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of the MQTT broker of this account and region. */
  readonly mqttPort: number;
}
