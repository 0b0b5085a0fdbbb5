import type { Verdict } from '../conformance/run';
import type { Answered } from './measure';
import type { Plan } from './plan';

const WIDTH = 110;

/** What was found, one block a question. */
export function reportOf(answers: readonly Answered[]): string[] {
  return answers.flatMap(({ id, question, answer, evidence, certainty }) => [
    `${id}: ${question}`, ...wrapped(`${answer} (${certainty})`, '  '), ...wrapped(evidence, '    '),
  ]);
}

export function planLines({ steps }: Plan): string[] {
  return steps.flatMap(({ id, question, calls }) => [`${id}: ${question}`, ...wrapped(calls.join(', ') || 'no call', '  ')]);
}

/** What a run takes at most; the duration in milliseconds. */
export type Cost = Pick<Plan, 'tunnels' | 'calls' | 'duration'>;

/** What it costs to go on, before somebody is asked. */
export function priceOf({ tunnels, calls, duration }: Cost, region: string, price: number | undefined): string[] {
  const cost = price === undefined
    ? 'AWS charges each of them: https://aws.amazon.com/iot-device-management/pricing/ (say --price to see a sum)'
    : `At ${price} USD a tunnel that is ${(tunnels * price).toFixed(2)} USD at most`;
  return [
    `This opens at most ${tunnels} tunnels in ${region}. ${cost}.`,
    `It makes about ${calls} calls, and takes about ${Math.ceil(duration / 60_000) + 1} minutes, or up to an hour more where AWS shows a drop late.`,
  ];
}

function wrapped(text: string, indent: string): string[] {
  const lines = text.split(' ').reduce<string[]>((so, word) => {
    const last = so[so.length - 1];
    return last !== undefined && last.length + word.length < WIDTH ? [...so.slice(0, -1), `${last} ${word}`] : [...so, word];
  }, []);
  return lines.map((line) => `${indent}${line}`);
}

/** One line a rule that AWS keeps, and both answers where it does not. */
export function verdictLines(verdict: Verdict): string[] {
  const { id, rule } = verdict;
  if (verdict.same) return [`same       ${id}: ${rule}`];
  return [`DIFFERENT  ${id}: ${rule}`, ...wrapped(`local cloud: ${verdict.expected}`, '    '), ...wrapped(`here: ${verdict.answer}`, '    ')];
}
