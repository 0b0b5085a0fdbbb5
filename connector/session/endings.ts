/**
 * How a session ends. One table: what a script sees as the exit code, and the sentence that a person sees.
 * Codes up to 2 are what every shell expects, 130 is its word for Ctrl-C; the rest are ours.
 */
export const ENDINGS = {
  'stopped': [0, 'Stopped, as you asked.'],
  'internal': [1, 'The connector itself failed. Please report it.'],
  'usage': [2, 'The command line is not right.'],
  'closed': [10, 'The tunnel was closed. A closed tunnel cannot be reopened: open a new one.'],
  'expired': [11, 'The tunnel reached the end of its lifetime. Rotation cannot extend it: open a new one.'],
  'unknown-tunnel': [12, 'There is no such tunnel in this account and region, or it ended more than three hours ago.'],
  'in-use': [13, 'Somebody else is connected to the source side of this tunnel. Use --take-over to send them away.'],
  'already-running': [14, 'Another tunnel-source on this machine serves this tunnel.'],
  'access-denied': [15, 'AWS denied access.'],
  'no-credentials': [16, 'AWS did not accept your credentials, or there are none. Log in (for example with `aws sso login`) and try again.'],
  'child-failing': [17, 'The local proxy kept failing before it could serve the tunnel.'],
  'command-not-started': [18, 'The command could not be started.'],
  'refused': [19, 'AWS refused the request.'],
  'unreachable': [20, 'AWS could not be reached.'],
  'busy': [21, 'AWS is busy, or has troubles of its own. Try again later.'],
  'port-taken': [22, 'The local port is taken. Choose another, or end the program that has it.'],
  'wrong-service': [23, 'The tunnel has no such service.'],
  'no-tunnel': [24, 'There is no such tunnel to go on with.'],
  'unwell': [25, 'Something stands in the way of a session.'],
  'killed': [130, 'Killed, as you asked twice.'],
} as const satisfies Record<string, readonly [code: number, sentence: string]>;

export type EndingName = keyof typeof ENDINGS;

/** Why and how a session ended. */
export interface Ending {
  readonly name: EndingName;
  readonly exitCode: number;
  readonly sentence: string;
  /** More lines for a person: the missing permission, the child's last words. Redacted. */
  readonly details: readonly string[];
}

export function ending(name: EndingName, ...details: readonly string[]): Ending {
  const [exitCode, sentence] = ENDINGS[name];
  return { name, exitCode, sentence, details };
}
