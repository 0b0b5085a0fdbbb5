import { join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..', '..');

const ENTRIES = { 'tunnel-source': 'connector/cli/tunnel-source.ts', 'mini-localproxy': 'test/support/mini-localproxy.ts' };

/** Bundles a command to one file, as the package does; returns its path. */
export function bundle(name: keyof typeof ENTRIES, directory: string): string {
  const outfile = join(directory, `${name}.js`);
  buildSync({
    absWorkingDir: ROOT, entryPoints: [ENTRIES[name]], outfile,
    bundle: true, platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'], minify: true, logLevel: 'error',
  });
  return outfile;
}
