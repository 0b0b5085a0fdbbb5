/** How long a story is: short ones in every run, long ones with `npm run test:long`. */
export const LONG = process.env.TEST_LONG === '1';

export function length(short: number, long: number): number {
  return LONG ? long : short;
}
