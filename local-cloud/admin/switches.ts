import type { Behaviour } from '../tunneling/behaviour';

/** What a switch may be set to. */
type Kind = 'boolean' | 'number' | readonly string[];

/** Every switch of `Behaviour`; the compiler misses none. */
const SWITCHES = {
  rotateMovesLastUpdatedAt: 'boolean',
  rotateKicksConnected: 'boolean',
  kickShowsDisconnectedAfterMs: 'number',
  silentDropDelayMs: 'number',
  dropsAreSilent: 'boolean',
  neverConnectedLastUpdatedAt: ['missing', 'createdAt', 'later'],
  rotateBeforeFirstConnect: ['works', 'refused'],
  rotateWithoutConfigPublishes: 'boolean',
  maxOpenTunnels: 'number',
  maxServicesPerTunnel: 'number',
} as const satisfies Record<keyof Behaviour, Kind>;

export const SWITCH_NAMES = Object.keys(SWITCHES) as (keyof Behaviour)[];

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
  const position = kind === 'boolean' && /^(true|false)$/.test(value) ? value === 'true' : kind === 'number' && value !== '' ? Number(value) : value;
  return { [name]: check(name, position) };
}

/** JSON has no Infinity. */
export const describeSwitches = (behaviour: Behaviour) =>
  Object.fromEntries(SWITCH_NAMES.map((name) => [name, behaviour[name] === Infinity ? 'Infinity' : behaviour[name]]));

function check(name: string, position: unknown): unknown {
  const kind: Kind | undefined = Object.hasOwn(SWITCHES, name) ? SWITCHES[name as keyof Behaviour] : undefined;
  if (kind === undefined) throw new SwitchError(`there is no switch '${name}'; there are ${SWITCH_NAMES.join(', ')}`);
  if (kind === 'number' && position === 'Infinity') return Infinity;
  if (fits(kind, position)) return position;
  throw new SwitchError(`${name} must be ${typeof kind === 'string' ? `a ${kind}` : kind.join(' or ')}, not ${JSON.stringify(position)}`);
}

function fits(kind: Kind, position: unknown): boolean {
  if (kind === 'number') return typeof position === 'number' && position >= 0;
  return kind === 'boolean' ? typeof position === 'boolean' : kind.includes(String(position));
}
