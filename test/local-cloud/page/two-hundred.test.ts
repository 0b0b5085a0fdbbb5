import type { CDPSession, Page } from 'playwright-core';
import { until } from '../../support/until';
import { withCloud } from '../support';
import { describeInBrowser, Visitor } from './browser';
import { Crowd } from './crowd';

const LANES = 200;
/** What a frame has at 60 Hz, in milliseconds of processor time: a busy machine lengthens that less than time. */
const MOST_PER_FRAME = 16.7;
const FRAMES = 240;

describeInBrowser('GIVEN two hundred tunnels', () => {
  const running = withCloud({ page: true });
  let crowd: Crowd;
  let visitor: Visitor;
  beforeAll(async () => {
    crowd = await Crowd.gather(running.cloud, running.clients, LANES);
    visitor = await Visitor.begin();
  });
  afterAll(async () => {
    await visitor?.end();
    await crowd?.end();
  });

  test('WHEN a hundred drop at once, and again, THEN each frame still costs little, and every lane shows the truth', async () => {
    const { page, complaints } = await visitor.visit(running.cloud.page!);
    await until(async () => await page.locator('[role=option][data-state=connected]').count() === LANES, 'all lanes are connected');
    const processor = await processorOf(page);

    const before = await processor();
    const frames = framesOf(page, FRAMES);
    await page.click('[data-act=hundred]');
    await until(() => recoveries() >= 100, 'a hundred are back');
    await page.click('[data-act=hundred]');
    const times = await frames;
    const spent = await processor() - before;
    await until(() => recoveries() >= 200, 'two hundred are back');

    const sorted = [...times].sort((a, b) => a - b);
    const perFrame = spent / times.length;
    if (process.env.SHOW_FRAMES) console.log(`${perFrame.toFixed(2)} ms of processor a frame; frames ${sorted[times.length >> 1].toFixed(1)} ms in the median, ${sorted.at(-3)!.toFixed(1)} ms of the slowest`);
    expect(perFrame).toBeLessThan(MOST_PER_FRAME);

    await until(async () => await page.locator('[role=option][data-state=connected]').count() === LANES, 'all lanes are connected again');
    await until(async () => /^200 for 200/.test(await page.textContent('[data-tile=rotations] .value') ?? ''), 'two hundred rotations are counted');
    expect(await page.textContent('[data-tile=disturbed] .value')).toBe('0');
    expect((await page.content()).includes('LOCALCAT')).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('WHEN somebody goes through them with the keyboard THEN the lane that is chosen is in sight', async () => {
    const { page } = await visitor.visit(running.cloud.page!);
    await page.focus('[role=listbox]');
    const chosen = async () => {
      const option = page.locator('[role=option][aria-selected=true]');
      const [box, frame] = [(await option.boundingBox())!, (await page.locator('.scroller').boundingBox())!];
      return { name: (await option.textContent())!.split(',')[0], inSight: box.y >= frame.y - 1 && box.y + box.height <= frame.y + frame.height + 1 };
    };
    for (const [key, name] of [['End', 'pump-200'], ['ArrowUp', 'pump-199'], ['Home', 'pump-1'], ['ArrowUp', 'pump-1'], ['ArrowDown', 'pump-2']] as const) {
      await page.keyboard.press(key);
      await until(async () => (await chosen()).name === name, `${key} leads to ${name}`);
      expect(await chosen()).toEqual({ name, inSight: true });
    }
    await page.context().close();
  });

  const recoveries = () => running.cloud.tunneling.admin.tunnels().reduce((sum, { source }) => sum + source.connects - 1, 0);
});

/** Milliseconds from frame to frame. */
const framesOf = (page: Page, count: number): Promise<number[]> => page.evaluate<number[]>(`new Promise((resolve) => {
  const times = [];
  let last = performance.now();
  requestAnimationFrame(function next(now) {
    times.push(now - last);
    last = now;
    if (times.length < ${count}) requestAnimationFrame(next);
    else resolve(times);
  });
})`);

/** Milliseconds of processor time that the page's own thread has used. */
async function processorOf(page: Page): Promise<() => Promise<number>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1_000;
  };
}
