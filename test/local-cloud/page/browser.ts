import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** A Chromium that is installed here; CHROMIUM names another one. */
const EXECUTABLE = [
  process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

/** As `describe`, with a real browser; where there is none, the tests are skipped, and the title says so. */
export function describeInBrowser(title: string, tests: () => void): void {
  if (EXECUTABLE) describe(title, tests);
  else describe.skip(`${title} (skipped: there is no Chromium here. apt-get install chromium, or name one in CHROMIUM)`, tests);
}

/** A page, and all that it asked for or complained of. */
export interface Visit {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

export class Visitor {
  private constructor(readonly browser: Browser) {}

  static async begin(): Promise<Visitor> {
    return new Visitor(await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-background-networking'], timeout: 120_000 }));
  }

  /** Opens the page and waits until it shows its tunnels. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 860 }, ...options });
    context.setDefaultTimeout(90_000);
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(url);
    await page.waitForSelector('[role=option]');
    await page.waitForSelector('.live:not(.off)');
    return { page, requests, complaints };
  }

  end(): Promise<void> {
    return this.browser.close();
  }
}
