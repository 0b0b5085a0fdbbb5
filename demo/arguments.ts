import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run demo [-- --json] [-- --proxy PROGRAM]
       npm run demo -- --play
       npm run demo -- --watch [--tunnels NUMBER]

Synthesizes the stack, deploys it to a local cloud on this machine, opens a tunnel, and cuts its source three times: says how long it took from
each drop to the token in the vault and to bytes again, and what happened in between. Needs no AWS account.

  --json            print the timeline as JSON lines
  --proxy PROGRAM   run AWS's own local proxy, installed as PROGRAM, instead of the connector's built-in one
  --play            a shell on the device, through the tunnel, in this terminal: Ctrl-X cuts it, Ctrl-F freezes it
  --watch           open a fleet of tunnels and show them on a page of this machine, with buttons to break them
  --tunnels NUMBER  how many, from 1 to 200 (default 12)
  --help            print this

Exit codes: 0 only if every drop was recovered and every byte and refusal was right, 1 if not, 2 if the command line is wrong.`;

/** What is to be shown. */
export type Wish =
  | { readonly kind: 'help' }
  | { readonly kind: 'story'; readonly json: boolean; readonly proxy?: string }
  | { readonly kind: 'play' }
  | { readonly kind: 'watch'; readonly tunnels: number }
  /** The command line is wrong, and why. */
  | { readonly kind: 'wrong'; readonly because: string };

const MOST_TUNNELS = 200;

export function wishOf(argv: readonly string[]): Wish {
  try {
    return read(argv);
  } catch (error) {
    return { kind: 'wrong', because: (error as Error).message };
  }
}

/** @throws whatever `parseArgs` says of an option that isn't there */
function read(argv: readonly string[]): Wish {
  const { values: { json = false, proxy, play, watch, tunnels, help } } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'boolean' }, proxy: { type: 'string' }, play: { type: 'boolean' }, watch: { type: 'boolean' }, tunnels: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (help) return { kind: 'help' };
  if (play && watch) return { kind: 'wrong', because: '--play and --watch are two demos: choose one' };
  if ((play || watch) && (json || proxy !== undefined)) return { kind: 'wrong', because: '--json and --proxy go with the plain demo' };
  if (tunnels !== undefined && !watch) return { kind: 'wrong', because: '--tunnels goes with --watch' };
  if (play) return { kind: 'play' };
  if (!watch) return { kind: 'story', json, proxy };
  const count = Number(tunnels ?? 12);
  const fits = Number.isInteger(count) && count >= 1 && count <= MOST_TUNNELS;
  return fits ? { kind: 'watch', tunnels: count } : { kind: 'wrong', because: `--tunnels must be a whole number from 1 to ${MOST_TUNNELS}, not '${tunnels}'` };
}
