import type { TunnelRequest } from '../aws/open-tunnel';
import { UsageError } from '../session/failures';

/** Options that say which tunnel. */
export const TUNNEL_OPTIONS = {
  'tunnel-id': { type: 'string' },
  'thing': { type: 'string' },
  'services': { type: 'string', multiple: true },
  'min-left': { type: 'string' },
  'open-tunnel': { type: 'boolean' },
  'reopen': { type: 'boolean' },
  'lifetime': { type: 'string' },
  'description': { type: 'string' },
  'tag': { type: 'string', multiple: true },
  'destination-token-file': { type: 'string' },
  'close': { type: 'boolean' },
  'keep': { type: 'boolean' },
} as const;

export const TUNNEL_USAGE = `Which tunnel:
  --tunnel-id ID         the tunnel, as OpenTunnel named it
  --thing NAME           an open tunnel to this device with these services: a free one, and of those the one that lasts longest
  --services A,B         what on the device it is for (may be repeated; default: the services of -s)
  --min-left MINUTES     how much of its lifetime must be left (default: 15)

Open one:
  --open-tunnel          opens a tunnel if --thing finds none, or at once without --thing
  --reopen               opens the next one before its lifetime ends, and goes on with that: a session that outlives 12 hours
  --lifetime MINUTES     1 to 720 (default: 720)
  --description TEXT
  --tag KEY=VALUE        may be repeated
  --destination-token-file FILE
                         without --thing, AWS sends the device's token to nobody: it is written here, into a new file for you alone
  --close, --keep        what becomes of a tunnel that was opened at the end (default: ask on a terminal, else keep)
`;

type TunnelValues = {
  readonly [Name in keyof typeof TUNNEL_OPTIONS]?: (typeof TUNNEL_OPTIONS)[Name] extends { multiple: true } ? string[]
    : (typeof TUNNEL_OPTIONS)[Name]['type'] extends 'boolean' ? boolean : string;
};

/** A tunnel that exists, one to find, or one to open first. */
export type WhichTunnel =
  | { readonly id: string }
  | {
    readonly thing: string;
    readonly services: readonly string[];
    /** Milliseconds of its lifetime. */
    readonly left: number;
    /** If there is none. */
    readonly open?: TunnelRequest;
    readonly reopen: boolean;
  }
  | { readonly open: TunnelRequest; readonly destinationTokenFile: string };

const FOR_OPENING = ['lifetime', 'description', 'tag', 'close', 'keep', 'reopen', 'destination-token-file'] as const;
const MINUTE = 60_000;

/**
 * @param offered the services that the proxy is to offer, by name
 * @throws UsageError which says what to do
 */
export function whichTunnel(values: TunnelValues, offered: readonly string[]): WhichTunnel {
  const { 'tunnel-id': id, 'open-tunnel': opens = false, thing, reopen = false, 'min-left': minLeft = '15', 'destination-token-file': file } = values;
  if (values.close && values.keep) throw new UsageError('--close and --keep exclude each other.');
  const other = opens ? '--open-tunnel' : thing !== undefined ? '--thing' : undefined;
  if (id !== undefined && other) throw new UsageError(`--tunnel-id and ${other} exclude each other.`);
  const stray = FOR_OPENING.find((name) => values[name] !== undefined);
  if (stray && !opens) throw new UsageError(`--${stray} goes with --open-tunnel.`);
  if (id !== undefined) return { id };
  if (!/^\d{1,3}$/.test(minLeft)) throw new UsageError('--min-left must be whole minutes.');

  const named = (values.services ?? []).flatMap((list) => list.split(',')).map((name) => name.trim()).filter(Boolean);
  const services = named.length > 0 ? named : offered;
  const open: TunnelRequest | undefined = opens ? {
    thing, services,
    description: values.description,
    lifetime: values.lifetime === undefined ? undefined : Number(values.lifetime),
    tags: Object.fromEntries((values.tag ?? []).map(pair)),
  } : undefined;
  if (thing !== undefined) {
    if (file !== undefined) throw new UsageError('--destination-token-file is for tunnels without --thing: AWS sends the device its token.');
    return { thing, services, left: Number(minLeft) * MINUTE, open, reopen };
  }
  if (!open) throw new UsageError('Which tunnel? Use --tunnel-id ID, --thing NAME, or --open-tunnel to open one.');
  if (reopen) throw new UsageError('--reopen needs --thing: AWS sends the device its token for each next tunnel.');
  if (file === undefined) {
    throw new UsageError('Without --thing, AWS sends the device\'s token to nobody. Name the thing, or say with --destination-token-file where to write it.');
  }
  return { open, destinationTokenFile: file };
}

function pair(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError('--tag must be KEY=VALUE.');
  return [text.slice(0, equals), text.slice(equals + 1)];
}
