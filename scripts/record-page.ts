// Takes the README's pictures of the page, light and dark: a real fleet on the local cloud, whose links are broken by the page's own buttons.
// Writes docs/page-light.png and docs/page-dark.png. Needs the built bundles and a Chromium (CHROMIUM names one). Usage: npm run record:page
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { startFleet } from '../demo/fleet';
import { onStage } from '../demo/stage';

const DOCS = join(__dirname, '..', 'docs');
const PUMPS = 12;
/** Small enough to be read on a page of text, and drawn twice as fine. */
const VIEWPORT = { width: 1280, height: 760 };

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
if (!executablePath) throw new Error('there is no Chromium here: apt-get install chromium, or name one in CHROMIUM');

void onStage({ page: true }, async (stage) => {
  const fleet = await startFleet(stage, PUMPS);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
  const page = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
  await page.goto(stage.cloud.page!);
  const pump = async (number: number, act: string) => {
    await page.locator('[role=option]').nth(number - 1).click({ position: { x: 60, y: 15 } });
    await page.click(`[data-act=${act}]`);
  };
  const allBack = async () => {
    for (const deadline = Date.now() + 90_000; await page.locator('[role=option][data-state=connected]').count() < PUMPS; await sleep(100)) {
      if (Date.now() > deadline) throw new Error('not all are back');
    }
  };
  await page.waitForSelector('[role=option]');
  await sleep(6_000); // a first token counts as used, and not as just opened
  for (const [number, act] of [[3, 'cut'], [9, 'cut'], [7, 'cut'], [3, 'silence'], [11, 'cut'], [5, 'cut'], [7, 'cut'], [5, 'cut']] as const) {
    await pump(number, act);
    await sleep(1_500);
    await allBack();
  }
  await sleep(1_500);
  for (const colorScheme of ['light', 'dark'] as const) {
    const path = join(DOCS, `page-${colorScheme}.png`);
    await page.emulateMedia({ colorScheme });
    await sleep(400);
    await page.screenshot({ path });
    console.log(`docs/page-${colorScheme}.png ${Math.round(statSync(path).size / 1000)} kB`);
  }
  await browser.close();
  await fleet.end();
});
