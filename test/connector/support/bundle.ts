import { join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..', '..');

/** Bundles an entry of `bin/` to one file, as the package does; returns its path. */
export function bundle(name: 'tunnel-source' | 'mini-localproxy', directory: string): string {
  const outfile = join(directory, `${name}.js`);
  buildSync({
    absWorkingDir: ROOT, entryPoints: [`bin/${name}.ts`], outfile,
    bundle: true, platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'], minify: true, logLevel: 'error',
  });
  return outfile;
}
