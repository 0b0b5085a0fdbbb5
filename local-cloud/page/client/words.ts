import type { Told } from './lanes';

/** Why the rotator held back, in words. */
const REASONS: Readonly<Record<string, string>> = {
  'connected': 'the service says that it is connected, and nobody proved otherwise',
  'claimed': 'another rotator is at it',
  'in-doubt': 'another rotator was at it and died: what it left behind is looked up first',
  'unused': 'the token that lies there was not used yet',
  'settling': 'the token was delivered a moment ago',
  'grace': 'a client that heals itself gets a moment to do so',
  'flapping': 'it dropped too often lately: its budget is empty',
  'backing-off': 'AWS refused the last try: the next one waits',
  'asked-too-often': 'it was asked for tokens too often lately',
  'unknown-tunnel': 'the service knows no such tunnel',
  'tunnel-closed': 'the tunnel is closed',
  'out-of-scope': 'it is another rotator\'s tunnel, or nobody\'s',
  'side-not-served': 'this side is not served',
  'foreign-thing': 'the sender may speak of its own tunnels only',
  'inaudible': 'nothing says that the device could hear its new token',
};

export const reasonOf = (reason: string): string => REASONS[reason] ?? reason.replaceAll('-', ' ');

export interface Phrase {
  readonly title: string;
  readonly text: string;
}

/** What happened, for people: a word, and what there is to say of it. */
export function phraseOf(event: Told): Phrase {
  switch (event.type) {
    case 'connected': return { title: 'connected', text: 'with a good token' };
    case 'dropped': return { title: 'dropped', text: 'the service shows the source as disconnected' };
    case 'cut': return { title: 'cut', text: 'its TCP connection was reset, by you' };
    case 'silenced': return { title: 'silent', text: 'its network vanished, by you; the service does not know' };
    case 'signalled': return { title: 'signalled', text: `by ${called(event.by)}` };
    case 'rotated': return { title: 'rotated', text: `by ${called(event.by)}: the old token is dead` };
    case 'delivered': return { title: 'delivered', text: 'the fresh token lies in the vault' };
    case 'invoked': return { title: 'invoked', text: called(event.functionName) };
    case 'taken': return { title: 'secret taken', text: 'by you' };
    case 'killed': return { title: 'killed', text: `${called(event.functionName)}, after it rotated and before it heard` };
    case 'decided': return decision(event);
  }
}

function decision(event: Told & { readonly type: 'decided' }): Phrase {
  const { message, reason, recheckAfter, via, withProof, generation, code } = event;
  if (message === 'rotation held') {
    return { title: 'held', text: `${reasonOf(reason ?? '')}${recheckAfter === undefined ? '' : `; looks again in ${duration(recheckAfter)}`}` };
  }
  if (message === 'token rotated') {
    return { title: 'because', text: `it dropped: told by ${viaOf(via)}${withProof ? ', with proof' : ''}; generation ${generation}` };
  }
  return { title: 'said', text: [message, reason && reasonOf(reason), code].filter(Boolean).join(', ') };
}

const viaOf = (via = 'somebody') => ({ mqtt: 'MQTT', eventbridge: 'EventBridge', presence: 'the device\'s presence', sweep: 'the sweep' })[via] ?? via;

/** A function's name without what a deployment puts around it. */
function called(by: string): string {
  if (by === 'user') return 'a user';
  const service = /^(\w+)\.amazonaws\.com$/.exec(by)?.[1];
  if (service) return ({ iot: 'IoT (MQTT)', events: 'EventBridge', lambda: 'Lambda' })[service] ?? service;
  return /(Rotator|Sweeper|Cleaner)(?!.*(Rotator|Sweeper|Cleaner))/.exec(by)?.[1].toLowerCase().replace(/^/, 'the ') ?? by;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
  if (milliseconds < 3_600_000) return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`;
  return `${(milliseconds / 3_600_000).toFixed(1)} h`;
}

/** A value of the ledger's row; what is a moment is told from now on. */
export function valueOf(value: unknown, now: number): string {
  if (typeof value === 'number' && value > 1e12) return value > now ? `in ${duration(value - now)}` : `${duration(now - value)} ago`;
  if (typeof value === 'number' && value > 1e9 && value < 1e10) return valueOf(value * 1_000, now);
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  if (typeof value === 'string') return value.length > 20 ? `${value.slice(0, 8)}…` : value;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value).filter(([name]) => name !== 'at').map(([name, inner]) => `${name} ${valueOf(inner, now)}`).join(', ');
}
