import { behaviourOf, measure, type Answered } from '../../../local-cloud/calibrate/measure';
import { QUESTIONS } from '../../../local-cloud/calibrate/questions';
import { quotas } from '../../../local-cloud/calibrate/questions/quotas';
import { rehearse } from '../../../local-cloud/calibrate/rehearsal';
import { type Behaviour, LIKELY_BEHAVIOUR } from '../../../local-cloud/tunneling/behaviour';

/** The most tunnels that may be needed: one for all questions, and one to learn whether it may have a fourth service. */
const MOST_TUNNELS = 2;
const CEILING = 20;

/** Positions that are told apart; every switch but `maxOpenTunnels`, which only as many tunnels as it allows could tell. */
export const POSITIONS: { readonly [K in Exclude<keyof Behaviour, 'maxOpenTunnels'>]: readonly Behaviour[K][] } = {
  rotateMovesLastUpdatedAt: [false, true],
  rotateKicksConnected: [true, true, false],
  kickShowsDisconnectedAfterMs: [0, 3_000],
  cleanDropDelayMs: [0, 2_000],
  resetDropDelayMs: [0, 30_000],
  silentDropDelayMs: [60_000, 5_000, 600_000],
  neverConnectedLastUpdatedAt: ['createdAt', 'missing', 'later'],
  timestampResolutionMs: [1, 1_000],
  rotateBeforeFirstConnect: ['works', 'refused', 'source-refused', 'destination-refused'],
  rotateClosedTunnelError: ['ResourceNotFoundException', 'InvalidRequestException'],
  rotateWithoutConfigPublishes: [true, false],
  clientModeSpelling: ['upper', 'lower'],
  clientTokenReuse: ['works', 'refused'],
  refusals: [{}, { 'previously-used': 'Used before.', 'tunnel-closed': 'The tunnel is no more.' }],
  cloudTrail: ['hidden', 'shown', 'absent'],
  staleDescribeShare: [0, 0.3, 1],
  staleDescribeLagMs: [500, 2_000],
  describeQuotaPerSecond: [Infinity, 12],
  listQuotaPerSecond: [Infinity, 5],
  openQuotaPerSecond: [Infinity, 2],
  closeQuotaPerSecond: [Infinity, 7],
  rotateQuotaPerSecond: [Infinity, 4],
  bandwidthBytesPerSecond: [800_000, 100_000, Infinity],
  maxServicesPerTunnel: [3, 2, Infinity],
};

export const SWITCHES = Object.keys(POSITIONS) as (keyof typeof POSITIONS)[];

/** Sets each switch to the position of this number, counted round and round. */
export function positioned(choose: (name: keyof typeof POSITIONS, count: number) => number): Behaviour {
  const chosen = SWITCHES.map((name) => [name, POSITIONS[name][choose(name, POSITIONS[name].length)]]);
  return { ...LIKELY_BEHAVIOUR, ...(Object.fromEntries(chosen) as Partial<Behaviour>) };
}

/** Can anybody tell this switch's position from outside, where the others are as they are? */
export function isVisible(name: keyof typeof POSITIONS, hidden: Behaviour): boolean {
  if (name === 'kickShowsDisconnectedAfterMs') return hidden.rotateKicksConnected;
  if (name === 'staleDescribeLagMs') return hidden.staleDescribeShare > 0;
  return true;
}

export interface Outcome {
  readonly answers: readonly Answered[];
  readonly named: Partial<Behaviour>;
  /** Switches whose position was named wrongly, or not at all. */
  readonly wrong: readonly string[];
  readonly tunnels: number;
  /** Tunnels that are still open. */
  readonly left: number;
}

/** Asks a local cloud whose switches stand like this, by its public API alone. */
export async function calibrate(hidden: Behaviour, seed = 1): Promise<Outcome> {
  const { cloud, lab, close } = await rehearse({ tunneling: hidden, seed, mostTunnels: MOST_TUNNELS });
  try {
    const answers: Answered[] = [];
    await measure(lab, [...QUESTIONS, ...quotas(CEILING)], (answer) => answers.push(answer));
    const named = behaviourOf(answers);
    const wrong = SWITCHES.filter((name) => isVisible(name, hidden) && !agree(name, hidden[name], named[name]))
      .map((name) => `${name}: ${JSON.stringify(named[name])} instead of ${JSON.stringify(hidden[name])}`);
    const tunnels = cloud.tunneling.admin.tunnels();
    return { answers, named, wrong, tunnels: tunnels.length, left: tunnels.filter(({ status }) => status === 'OPEN').length };
  } finally {
    await close();
  }
}

function agree(name: keyof Behaviour, hidden: unknown, named: unknown): boolean {
  if (typeof hidden !== 'number' || typeof named !== 'number' || !Number.isFinite(hidden)) return JSON.stringify(hidden) === JSON.stringify(named);
  return Math.abs(hidden - named) <= tolerance(name, hidden);
}

/** What a measurement may be off by: looks are some time apart, and shares are counted from a few dozen answers. */
function tolerance(name: keyof Behaviour, hidden: number): number {
  if (name === 'staleDescribeShare') return hidden === 0 || hidden === 1 ? 0 : 0.2;
  if (name === 'staleDescribeLagMs') return 500;
  if (name === 'bandwidthBytesPerSecond') return hidden * 0.01;
  if (name.endsWith('Ms') && name !== 'timestampResolutionMs') return Math.max(500, hidden * 0.05);
  return name.endsWith('QuotaPerSecond') ? 1 : 0;
}
