import type { Lab } from './lab';
import type { Question } from './question';
import { measure } from './measure';
import { rehearse } from './rehearsal';

/** What a measurement will do. */
export interface Plan {
  /** Of each question, the calls that it takes: `OpenTunnel`, `3 x DescribeTunnel`. */
  readonly steps: readonly { readonly id: string; readonly question: string; readonly calls: readonly string[] }[];
  readonly calls: number;
  /** Never more tunnels than these. */
  readonly tunnels: number;
  /** As long as it takes on a local cloud; milliseconds. */
  readonly duration: number;
}

/** Should a question fail, the next ones start over with a tunnel that nobody touched. */
const SPARE = 1;
const MANY = 1_000;

/** What is at hand: the rest is taken from the rehearsal as well. */
export type Means = Partial<Record<'silence' | 'thing' | 'limitedBy', boolean>>;

/** Tries everything on a local cloud that takes as many services as there are: that costs the most tunnels. */
export async function planFor(questions: readonly Question[], means: Means): Promise<Plan> {
  const { cloud, lab, close } = await rehearse({ tunneling: { maxServicesPerTunnel: Infinity }, mostTunnels: MANY });
  try {
    const began = lab.clock.now();
    const rehearsed = within(lab, means);
    const steps: { id: string; question: string; calls: string[] }[] = [];
    let seen = 0;
    await measure(rehearsed, questions, ({ id, question }) => {
      const fresh = cloud.calls.records.slice(seen);
      seen = cloud.calls.records.length;
      steps.push({ id, question, calls: counted(fresh.map(({ action }) => action)) });
    });
    return {
      steps, calls: seen, duration: lab.clock.now() - began,
      tunnels: cloud.calls.find({ action: 'OpenTunnel' }).filter(({ error }) => !error).length + SPARE,
    };
  } finally {
    await close();
  }
}

const within = (lab: Lab, means: Means): Lab => ({
  ...lab,
  silence: means.silence ? lab.silence : undefined,
  thing: means.thing ? lab.thing : undefined,
  limitedBy: means.limitedBy ? lab.limitedBy : undefined,
});

function counted(actions: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const action of actions) counts.set(action, (counts.get(action) ?? 0) + 1);
  return [...counts].map(([action, count]) => (count === 1 ? action : `${count} x ${action}`));
}
