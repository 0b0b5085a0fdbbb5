import { parseArgs } from 'node:util';
import { awsOf } from './aws-of';
import type { World } from './world';
import { openTunnels, type OpenTunnel } from '../aws/find-tunnel';
import { UsageError } from '../session/failures';
import { span } from './status';

export const LIST_USAGE = `Lists the open tunnels: their ends, the time that is left, and whether a token lies ready.

  tunnel-source list [--thing NAME] [--prefix PREFIX] [--region REGION] [--json]

  --thing NAME           only the tunnels to this device
  --prefix PREFIX        the rotator's secret prefix (or TUNNEL_SECRET_PREFIX); without it, tokens are not looked for
  --json                 one JSON object for each tunnel

  tunnel-source list --thing pump-7
  tunnel-source list --prefix tunnel-tokens/Tunnels-Rotator --json | jq -r 'select(.destination == "CONNECTED") | .tunnelId'
`;

const OPTIONS = {
  'help': { type: 'boolean', short: 'h' },
  'thing': { type: 'string' },
  'prefix': { type: 'string' },
  'region': { type: 'string', short: 'r' },
  'json': { type: 'boolean' },
} as const;

interface Row extends OpenTunnel {
  /** Undefined: nobody looked, or nobody may. */
  readonly token: boolean | undefined;
}

/** @throws UsageError, AwsCallError */
export async function list(args: readonly string[], { env, stdout, now }: World): Promise<number> {
  const values = parse(args);
  if (values.help) return say(LIST_USAGE);
  const prefix = values.prefix ?? env.TUNNEL_SECRET_PREFIX;
  const { aws, clients, region } = await awsOf(values.region, prefix, now);
  try {
    const tunnels = await openTunnels(clients, region, values.thing);
    const rows: Row[] = [];
    for (const tunnel of tunnels) rows.push({ ...tunnel, token: prefix ? await aws.hasToken(tunnel.tunnelId) : undefined });
    if (values.json) return say(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return say(rows.length === 0 ? `No open tunnel${values.thing ? ` to ${values.thing}` : ''} in ${region}.\n` : table(rows, now()));
  } finally {
    clients.close();
  }

  function say(text: string): number {
    stdout.write(text);
    return 0;
  }
}

/** Columns for a person. */
export function table(rows: readonly Row[], now: number): string {
  const lines = [
    ['TUNNEL', 'THING', 'SERVICES', 'SOURCE', 'DEVICE', 'LEFT', 'TOKEN'],
    ...rows.map(({ tunnelId, thing, services, source, destination, expiresAt, token }) => [
      tunnelId, thing ?? '-', services.join(',') || '-', source.toLowerCase(), destination.toLowerCase(), span(expiresAt - now),
      token === undefined ? '?' : token ? 'yes' : 'no',
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => `${line.map((word, column) => word.padEnd(widths[column])).join('  ').trimEnd()}\n`).join('');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
