import { calibrate, isVisible, POSITIONS, positioned, SWITCHES } from './hidden-switches';

/** Enough worlds for the switch with most positions, and for those that are seen in some worlds only. */
const WORLDS = Array.from({ length: 6 }, (_, world) => positioned((name, count) => (world + SWITCHES.indexOf(name)) % count));

describe('GIVEN a local cloud whose switches are hidden', () => {
  test.each(WORLDS.map((hidden, world) => [world + 1, hidden] as const))('WHEN world %i is calibrated THEN every position is named', async (_, hidden) => {
    const { wrong, tunnels, left } = await calibrate(hidden);

    expect(wrong).toEqual([]);
    expect(left).toBe(0);
    expect(tunnels).toBeLessThanOrEqual(2);
  }, 120_000);

  test('every position of every switch stood in one of these worlds, for all to see', () => {
    const unseen = SWITCHES.flatMap((name) => POSITIONS[name].filter((position) =>
      !WORLDS.some((hidden) => isVisible(name, hidden) && hidden[name] === position)).map((position) => `${name}=${String(position)}`));

    expect(unseen).toEqual([]);
  });
});
