/**
 * What the constructs and the functions agree on: names only, free of the CDK, so that the Lambda bundles stay small.
 * Not exported from the package.
 */

/** Environment variables that the constructs set and `lambda/config.ts` reads. */
export const ENV = {
  /** Name of the deployment in log lines and as the metric dimension. */
  rotator: 'ROTATOR_NAME',
  ledgerTable: 'LEDGER_TABLE',
  signalQueueUrl: 'SIGNAL_QUEUE_URL',
  secretPrefix: 'SECRET_PREFIX',
  /** KMS key of the secrets; absent, they get the AWS managed key. */
  secretKey: 'SECRET_KEY_ARN',
  /** Tag values for the secrets: the stack they belong to. */
  stackName: 'STACK_NAME',
  /** JSON: further tags of new secrets. */
  secretTags: 'SECRET_TAGS',
  announcementBus: 'ANNOUNCEMENT_BUS',
  announcementTopicPrefix: 'ANNOUNCEMENT_TOPIC_PREFIX',
  /** JSON of `RuntimePolicy`; what it leaves out keeps its default. */
  policy: 'POLICY',
  /** Topic for the destination tokens of tunnels without a thing name, `<tunnelId>` stands for the id. Absent: none. */
  destinationTopic: 'DESTINATION_TOPIC',
  /** Ceiling for DescribeTunnel and ListTunnels calls a second in the sweeper. */
  sweepCallsPerSecond: 'SWEEP_CALLS_PER_SECOND',
} as const;

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_Tunnel.html */
export const TUNNEL_ID = /^[a-zA-Z0-9_+=:-]{1,128}$/;

/** What the constructs let a user choose of the decision's policy. Times in milliseconds. */
export interface RuntimePolicy {
  readonly clientModes?: readonly ('SOURCE' | 'DESTINATION')[];
  readonly scope?: { readonly things?: readonly string[]; readonly services?: readonly string[]; readonly tags?: Readonly<Record<string, string>> };
  readonly grace?: number;
  readonly budget?: { readonly burst: number; readonly refill: number };
  /** A request over EventBridge may send a destination's token to another thing within the scope. */
  readonly redirection?: boolean;
}

/** EventBridge names. */
export const EVENTS = {
  /** `source` of every announcement. */
  source: 'tunnel-token-rotator',
  /** `detail-type` of a disconnect signal that somebody else puts on the bus. */
  disconnected: 'Tunnel Disconnected',
  /** `detail-type` of somebody's wish for a token. */
  tokenRequested: 'Tunnel Token Requested',
  sourceRotated: 'Source Token Rotated',
  destinationRotated: 'Destination Token Rotated',
  held: 'Rotation Held',
  retired: 'Tunnel Retired',
} as const;

/**
 * MQTT topics below a prefix (default `tunnels`). The tunnel id is percent-encoded (`encodeURIComponent`), because a
 * topic level cannot hold the `+` that a tunnel id may hold; the usual UUIDs stay as they are.
 */
export const TOPICS = {
  defaultPrefix: 'tunnels',
  /** `<prefix>/<tunnelId>/disconnected`: clients publish here. */
  disconnected: 'disconnected',
  /** `<prefix>/<tunnelId>/token-request`: whoever needs a token publishes here. */
  tokenRequest: 'token-request',
  /** `<prefix>/<tunnelId>/announcements`: the rotator publishes here. */
  announcements: 'announcements',
} as const;

/** CloudWatch embedded metrics. The one dimension names the deployment (its value is `ENV.rotator`'s). */
export const METRICS = {
  namespace: 'TunnelTokenRotator',
  dimension: 'service',
  signals: 'SignalsReceived',
  malformed: 'SignalsMalformed',
  /** Signals that shared the look of another one about the same tunnel. */
  joined: 'SignalsJoined',
  rotations: 'Rotations',
  /** Milliseconds from the drop to the delivery of the fresh token. */
  recoveryTime: 'RecoveryTime',
  holds: 'RotationsHeld',
  flapping: 'RotationsHeldFlapping',
  retired: 'TunnelsRetired',
  claimed: 'RotationsHeldClaimed',
  failures: 'RotationFailures',
  accessDenied: 'AccessDenied',
  announcementFailures: 'AnnouncementFailures',
  sweeps: 'SweepsCompleted',
  swept: 'TunnelsSwept',
  /** Seconds since the tunnel whose turn is next was looked at; written while a round takes more than one sweep. */
  oldestLook: 'OldestLook',
  suspicious: 'TunnelsSuspicious',
} as const;

/** What the cleanup's custom resource says is to become of the secrets when it goes. */
export const CLEANUP = { destroy: 'destroy', keep: 'keep' } as const;

/** Partition key of the ledger's row in which the sweeper keeps its place: no tunnel id has a `#`. */
export const SWEEP_BOOKMARK_KEY = '#sweep';

/** Tags on every secret that the rotator creates. */
export const SECRET_TAGS = {
  tunnel: 'tunnel-token-rotator:tunnel',
  thing: 'tunnel-token-rotator:thing',
  stack: 'tunnel-token-rotator:stack',
  /** Why the last signal about the source brought no token, for whoever waits for one: see `heldTag`. */
  held: 'tunnel-token-rotator:held',
} as const;

/** What the held tag says: a word, when that was, and when the rotator looks again, if it does. Epoch milliseconds. */
export interface HeldTag {
  readonly reason: string;
  readonly at: number;
  readonly until?: number;
}

/** A tag's value can hold neither JSON nor a comma: `flapping 2026-01-01T12:00:00.000Z 2026-01-01T12:08:00.000Z`. */
export function heldTag({ reason, at, until }: HeldTag): string {
  return [reason, ...[at, until].filter((time) => time !== undefined).map((time) => new Date(time).toISOString())].join(' ');
}

/** Undefined for what `heldTag` did not write. */
export function parseHeldTag(value: string | undefined): HeldTag | undefined {
  const [reason, at, until] = (value ?? '').split(' ');
  const tag = { reason, at: Date.parse(at), until: until === undefined ? undefined : Date.parse(until) };
  return /^[a-z-]{1,40}$/.test(reason) && !Number.isNaN(tag.at) && !Number.isNaN(tag.until ?? 0) ? tag : undefined;
}

/**
 * Name of the secret that holds a tunnel's source token: `<prefix>/<tunnelId>/source`.
 * A secret name cannot hold `:`, a tunnel id can; it holds no `.`, so `:` becomes `.` and the way back is unambiguous.
 */
export function sourceSecretName(prefix: string, tunnelId: string): string {
  return `${prefix}/${tunnelId.replaceAll(':', '.')}/source`;
}
