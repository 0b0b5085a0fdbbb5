import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { AdjustableClock } from '../../../local-cloud/clock';
import { startFleet, type Fleet } from '../../../demo/fleet';
import { synthesizeApp } from '../../support/assembly';
import { until } from '../../support/until';
import { World } from '../../support/world';
import { describeInBrowser, Visitor, type Visit } from './browser';

/**
 * The page as people use it, over the rotator's own stack: its bundles in real processes, real connectors, real tunnels. One long file, as it is
 * one visit: each act goes on where the one before has left the fleet.
 */
const PUMPS = 4;
/** A token counts as used, and a delivery as settled, when so much time has passed. Milliseconds. */
const LATER = 20_000;
/** A message whose function died is seen again. */
const VISIBLE_AGAIN = 31_000;

describeInBrowser('The page of a fleet', () => {
  let world: World;
  let fleet: Fleet;
  let visitor: Visitor;
  let visit: Visit;
  let page: Page;
  beforeAll(async () => {
    world = await World.begin(synthesizeApp(), { page: true }, new AdjustableClock());
    Object.assign(process.env, world.cloud.env);
    fleet = await startFleet(world, PUMPS);
    await until(() => connected() === PUMPS, 'the fleet is connected');
    await world.cloud.advance(LATER);
    visitor = await Visitor.begin();
    visit = await visitor.visit(world.cloud.page!);
    ({ page } = visit);
  });
  afterAll(async () => {
    await visitor?.end();
    await fleet?.end();
    await world?.end();
  });

  const sides = () => world.cloud.tunneling.admin.tunnels().map(({ source }) => source);
  const connected = () => sides().filter(({ connection }) => connection).length;
  const connects = (pump: number) => sides()[pump - 1].connects;
  const option = (pump: number) => page.locator('[role=option]').nth(pump - 1);
  const said = () => page.textContent('[role=status]');
  const tile = (name: string) => page.textContent(`[data-tile=${name}] .value`);
  const choose = async (pump: number) => {
    await option(pump).click({ position: { x: 60, y: 15 } });
    await until(async () => (await page.textContent('.who'))?.startsWith(`pump-${pump} `) ?? false, `pump-${pump} is chosen`);
  };
  const press = (act: string) => page.click(`[data-act=${act}]`);
  const tells = async (...titles: string[]) => {
    await until(async () => {
      const shown = await page.locator('.story b').allTextContents();
      return titles.every((title) => shown.includes(title));
    }, `the story has ${titles.join(', ')}`);
  };
  const back = async (pump: number, times: number) => {
    await until(() => connects(pump) >= times, `pump-${pump} is back`);
    await until(async () => await option(pump).getAttribute('data-state') === 'connected', 'its lane shows it');
  };
  /** Until it is so, time passes, in steps that let the machine keep up: the tunnels live for twelve hours. */
  const inTime = (step: number, condition: () => boolean | Promise<boolean>, what: string) => until(async () => {
    // First without: who is at work when the clock jumps is killed as too slow.
    for (let look = 0; look < 40; look += 1, await sleep(100)) if (await condition()) return true;
    await world.cloud.advance(step);
    return condition();
  }, what);
  /** From the drop on, until it is back; then far enough that its next drop can be seen. */
  const recovered = async (pump: number, times: number) => {
    await back(pump, times);
    await world.cloud.advance(LATER);
  };

  test('GIVEN a pump WHEN Cut is pressed THEN its story tells each step to the next connection, and why', async () => {
    await choose(2);
    await press('cut');
    await until(async () => (await said()) === 'pump-2: Cut: its TCP connection was reset.', 'it says what it did');
    await recovered(2, 2);
    await tells('cut', 'signalled', 'rotated', 'delivered', 'connected', 'because');
    expect(await page.textContent('.story')).toMatch(/because it dropped: told by MQTT; generation 1/);
    await until(async () => await tile('rotations') === '1 for 1', 'one rotation for one drop');
    expect(await tile('back')).toMatch(/^[\d.]+ m?s$/);
    expect(await tile('vault')).toMatch(/^[\d.]+ m?s$/);
    expect(await tile('disturbed')).toBe('0');
  });

  test('THEN the ledger\'s row, the secret and the queue stand beside it', async () => {
    await until(async () => /generation.*source\s*1/.test((await page.textContent('.ledger')) ?? ''), 'the row of generation 1');
    expect(await page.textContent('.ledger')).toMatch(/The ledger's row of pump-2.*fence.*deliveredAt.*budget.*tunnel-tokens\/TunnelTokenRotator-Rotator\/.*\/source, 1 version/);
    expect(await page.textContent('[data-queue=signals] .note')).toMatch(/^waiting; \d+ in flight, \d+ delayed$/);
    expect(await page.textContent('[data-queue=dead-letters] .value')).toBe('0');
  });

  test('WHEN it drops silently THEN it comes back by its proof, though the service took it for connected', async () => {
    await press('silence');
    await until(async () => (await said())!.startsWith('pump-2: Dropped silently'), 'it says what it did');
    await recovered(2, 3);
    await tells('silent', 'rotated', 'connected', 'because');
    expect(await page.textContent('.story')).toMatch(/because it dropped: told by MQTT, with proof/);
    await until(async () => await tile('rotations') === '2 for 2', 'two rotations for two drops');
  });

  test('WHEN its secret is taken THEN the next drop makes a new one', async () => {
    await press('take-secret');
    await until(async () => /Secret: none yet/.test((await page.textContent('.secret'))!), 'the secret is gone');
    await press('cut');
    await until(async () => /\/source, 1 version/.test((await page.textContent('.secret'))!), 'there is a new one');
    await recovered(2, 4);
  });

  test('WHEN a rotator is to be killed THEN it dies after it rotated, and the drop is mended all the same', async () => {
    await choose(3);
    await press('kill');
    await until(async () => await page.getAttribute('[data-act=kill]', 'aria-pressed') === 'true', 'the button stays down');
    await press('cut');
    await tells('cut', 'killed');
    await until(async () => await page.getAttribute('[data-act=kill]', 'aria-pressed') === 'false', 'the button is up again');
    await inTime(VISIBLE_AGAIN, async () => connects(3) >= 2, 'pump-3 is back');
    await back(3, 2);
    expect(sides()[2]).toMatchObject({ rotations: 2, kicks: 0 });
  });

  test('WHEN it is pressed twice THEN nobody dies', async () => {
    for (const state of ['true', 'false']) {
      await press('kill');
      await until(async () => await page.getAttribute('[data-act=kill]', 'aria-pressed') === state, 'the button follows');
    }
  });

  test('WHEN Throttle is pressed THEN Secure Tunneling throttles until it is pressed again', async () => {
    const throttled = async () => (await (await fetch(`${world.cloud.endpoint}/_local/weather`)).json() as { calls: object[] }).calls.length;
    for (const [state, rules] of [['true', 1], ['false', 0]] as const) {
      await press('throttle');
      await until(async () => await page.getAttribute('[data-act=throttle]', 'aria-pressed') === state, 'the button follows');
      expect(await throttled()).toBe(rules);
    }
  });

  test('WHEN all drop at once THEN all are back, and no healthy connection was disturbed', async () => {
    await until(() => connected() === PUMPS, 'all are connected');
    await world.cloud.advance(LATER);
    await press('hundred');
    await until(async () => /^Cut 4 at once: no more were connected/.test((await said())!), 'it says how many');
    await inTime(LATER, async () => connected() === PUMPS, 'all are back');
    expect(await tile('disturbed')).toBe('0');
  });

  test('WHEN it flaps THEN it is cut as often as it is back, and the drops stand in a row to choose from', async () => {
    await choose(4);
    await press('flap');
    await until(async () => (await said())!.startsWith('pump-4: Flapping'), 'it says what it does');
    await inTime(500, async () => await page.locator('.drops button').count() >= 2, 'it dropped again');
    await page.locator('.drops button').last().click();
    await until(async () => await page.locator('.drops button').last().getAttribute('aria-pressed') === 'true', 'the oldest is chosen');
    await tells('cut', 'connected');
  });

  test('WHEN only a keyboard is there THEN everything can be reached, is seen to be, and works', async () => {
    const start = connects(1);
    await page.focus('[role=listbox]');
    await page.keyboard.press('Home');
    await page.keyboard.press('c');
    await until(async () => (await said())!.startsWith('pump-1: Cut'), 'the key cuts');
    await inTime(LATER, async () => connects(1) > start, 'pump-1 is back');
    await page.keyboard.press('ArrowLeft');
    await until(async () => await page.locator('.drops button[aria-pressed=true]').count() === 1, 'an arrow chooses a drop');

    const reached: string[] = [];
    for (let times = 0; times < 40; times += 1) { // all around, wherever it begins
      await page.keyboard.press('Tab');
      const focused = await page.evaluate<{ name: string; ring: boolean } | undefined>(FOCUSED);
      if (focused === undefined) continue;
      expect(focused).toEqual({ name: focused.name, ring: true });
      reached.push(focused.name);
    }
    expect(reached).toEqual(expect.arrayContaining([
      'hundred', 'kill', 'throttle', '10 s', '10 min', expect.stringContaining('Tunnels'), 'cut', 'silence', 'flap', 'take-secret', 'What happened, and why',
    ]));
    await page.focus('[data-act=throttle]');
    for (const state of ['true', 'false']) {
      await page.keyboard.press('Space');
      await until(async () => await page.getAttribute('[data-act=throttle]', 'aria-pressed') === state, 'the space bar presses');
    }
  });

  test.each(['light', 'dark'] as const)('WHEN the system is %s THEN so is the page, and every word can be read', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const { ground, poor } = await page.evaluate<{ ground: number; poor: string[] }>(CONTRASTS);
    expect(ground > 0.5).toBe(colorScheme === 'light');
    expect(poor).toEqual([]);
    // The canvas is of the same colours: it is drawn by the page itself, not by the style sheet.
    await until(async () => page.evaluate<boolean>(LANE_IS_IN_COLOUR), 'the lanes have the colours of the style sheet');
  });

  test('THEN nothing was loaded from elsewhere, nothing was complained of, and no token is on the page', async () => {
    const origin = new URL(world.cloud.endpoint).origin;
    expect(visit.requests.filter((url) => !url.startsWith(`${origin}/_local/`) && !url.startsWith('data:'))).toEqual([]);
    expect(visit.complaints).toEqual([]);
    expect((await page.content()).includes('LOCALCAT')).toBe(false);
    const { denied, leaks } = await world.check();
    expect({ denied, leaks }).toEqual({ denied: [], leaks: [] });
  });

  test('WHEN the local cloud is gone THEN the page says so, and goes on when it is pressed', async () => {
    await page.context().setOffline(true);
    await until(async () => await page.textContent('.live') === 'no connection', 'it says so');
    await press('cut');
    await until(async () => /does not answer/.test((await said())!), 'a button says so too');
    await page.context().setOffline(false);
    await until(async () => await page.textContent('.live') === 'live', 'it is back');
  });
});

/** What has the focus, and whether one sees it. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return { name: element.dataset.act ?? element.getAttribute('aria-label') ?? element.textContent, ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
})()`;

/** Texts with less contrast than WCAG's 4.5 (3 for large ones). https://www.w3.org/TR/WCAG22/#contrast-minimum */
const CONTRASTS = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] !== 0) return light(colour);
    }
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
    if (!text || element.closest('script, noscript, .hidden')) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(rgb(style.color)), behind(element)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) poor.push(text + ' ' + ratio.toFixed(2));
  }
  return { ground: light(rgb(getComputedStyle(document.body).backgroundColor)), poor };
})()`;

const LANE_IS_IN_COLOUR = `(() => {
  const canvas = document.querySelector('canvas');
  const probe = document.createElement('i');
  probe.style.color = 'var(--up)';
  document.body.append(probe);
  const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) if (data[at] === wanted[0] && data[at + 1] === wanted[1] && data[at + 2] === wanted[2]) return true;
  return false;
})()`;
