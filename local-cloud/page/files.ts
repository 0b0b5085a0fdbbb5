import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the key goes in the document. */
export const KEY_PLACE = '{{key}}';

/** By what follows the page's path. */
const FILES: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  '': { name: 'index.html', type: 'text/html; charset=utf-8' },
  'page.js': { name: 'page.js', type: 'text/javascript; charset=utf-8' },
  'page.css': { name: 'page.css', type: 'text/css; charset=utf-8' },
};

/** In the package beside the bundle; in a checkout where `npm run build:assets` has put them. */
const directory = [join(__dirname, 'page'), join(__dirname, '..', 'dist', 'page')].find((each) => existsSync(join(each, 'index.html')));

/** @throws Error if the page was not built */
export function fileOf(step: string): { readonly text: string; readonly type: string } | undefined {
  if (!Object.hasOwn(FILES, step)) return undefined;
  if (directory === undefined) throw new Error('the page was not built: npm run build:assets');
  const { name, type } = FILES[step];
  return { type, text: readFileSync(join(directory, name), 'utf8') };
}
