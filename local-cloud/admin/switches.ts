import { isRecord } from '../inputs';
import type { Behaviour } from '../tunneling/behaviour';
import { REFUSALS } from '../tunneling/refusals';

/** What a switch may be set to. */
type Kind = 'boolean' | 'number' | 'chance' | 'text' | 'texts' | readonly string[];

/** Every switch of `Behaviour`; the compiler misses none. */
const SWITCHES = {
  rotateMovesLastUpdatedAt: 'boolean',
  rotateKicksConnected: 'boolean',
  kickShowsDisconnectedAfterMs: 'number',
  cleanDropDelayMs: 'number',
  resetDropDelayMs: 'number',
  silentDropDelayMs: 'number',
  neverConnectedLastUpdatedAt: ['missing', 'createdAt', 'later'],
  timestampResolutionMs: 'number',
  rotateBeforeFirstConnect: ['works', 'refused', 'source-refused', 'destination-refused'],
  rotateClosedTunnelError: 'text',
  rotateWithoutConfigPublishes: 'boolean',
  clientModeSpelling: ['upper', 'lower'],
  clientTokenReuse: ['works', 'refused'],
  refusals: 'texts',
  cloudTrail: ['hidden', 'shown', 'absent'],
  staleDescribeShare: 'chance',
  staleDescribeLagMs: 'number',
  describeQuotaPerSecond: 'number',
  listQuotaPerSecond: 'number',
  openQuotaPerSecond: 'number',
  closeQuotaPerSecond: 'number',
  rotateQuotaPerSecond: 'number',
  bandwidthBytesPerSecond: 'number',
  maxOpenTunnels: 'number',
  maxServicesPerTunnel: 'number',
} as const satisfies Record<keyof Behaviour, Kind>;

export const SWITCH_NAMES = Object.keys(SWITCHES) as (keyof Behaviour)[];

const WORDS = {
  boolean: 'a boolean', number: 'a number of 0 or more', chance: 'a chance from 0 to 1', text: 'a text', texts: 'sentences by the names of refusals',
};

/** There is no such switch, or it has no such position. */
export class SwitchError extends Error {
  override readonly name = 'SwitchError';
}

/** Sets all or, if one is wrong, none. @throws SwitchError */
export function setSwitches(behaviour: Behaviour, positions: Readonly<Record<string, unknown>>): void {
  const checked = Object.entries(positions).map(([name, position]) => [name, check(name, position)]);
  Object.assign(behaviour, Object.fromEntries(checked));
}

/** As on a command line: `rotateKicksConnected=false`. @throws SwitchError */
export function parseSwitch(text: string): Partial<Behaviour> {
  const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new SwitchError(`'${text}' must be like rotateKicksConnected=false`);
  const kind: Kind | undefined = SWITCHES[name as keyof Behaviour];
  return { [name]: check(name, read(kind, value)) };
}

function read(kind: Kind | undefined, value: string): unknown {
  if (kind === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  if ((kind === 'number' || kind === 'chance') && value !== '') return Number(value);
  return kind === 'texts' ? jsonOf(value) : value;
}

/** JSON has no Infinity. */
export const describeSwitches = (behaviour: Behaviour) =>
  Object.fromEntries(SWITCH_NAMES.map((name) => [name, behaviour[name] === Infinity ? 'Infinity' : behaviour[name]]));

function check(name: string, position: unknown): unknown {
  const kind: Kind | undefined = Object.hasOwn(SWITCHES, name) ? SWITCHES[name as keyof Behaviour] : undefined;
  if (kind === undefined) throw new SwitchError(`there is no switch '${name}'; there are ${SWITCH_NAMES.join(', ')}`);
  if (kind === 'number' && position === 'Infinity') return Infinity;
  if (fits(kind, position)) return position;
  throw new SwitchError(`${name} must be ${typeof kind === 'string' ? WORDS[kind] : kind.join(' or ')}, not ${JSON.stringify(position)}`);
}

function fits(kind: Kind, position: unknown): boolean {
  switch (kind) {
    case 'number': return typeof position === 'number' && position >= 0;
    case 'chance': return typeof position === 'number' && position >= 0 && position <= 1;
    case 'boolean': return typeof position === 'boolean';
    case 'text': return typeof position === 'string' && position !== '';
    case 'texts': return isRecord(position) && Object.entries(position).every(([name, text]) => Object.hasOwn(REFUSALS, name) && typeof text === 'string');
    default: return typeof position === 'string' && kind.includes(position);
  }
}

/** What is no JSON stays as it is, to be refused by name. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
