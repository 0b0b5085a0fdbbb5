import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/**
 * Stack traces name our sources instead of columns of minified bundles: each handler imports this first. `scripts/bundle.mjs` puts a map of our own lines
 * beside each file, which is read when the first stack is asked for; Node's own `--enable-source-maps` takes its time at every cold start.
 */
const maps = new Map<string, SourceMap>();

Error.prepareStackTrace = (error, frames) => [header(error), ...frames.map((frame) => `    at ${readable(frame)}`)].join('\n');

function readable(frame: NodeJS.CallSite): string {
  const [file, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  return file?.startsWith(__dirname) && line && column
    ? String(frame).replace(`${file}:${line}:${column}`, (minified) => origin(file, line, column) ?? minified) : String(frame);
}

/** Undefined where it isn't ours. Whatever is wrong with the map, an error must stay readable as it was. */
function origin(file: string, line: number, column: number): string | undefined {
  try {
    const map = maps.get(file) ?? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    maps.set(file, map);
    const entry = map.findEntry(line - 1, column - 1);
    return 'originalSource' in entry && entry.originalSource ? `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}` : undefined;
  } catch {
    return undefined;
  }
}

/** As V8 writes it. */
function header(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}
