// A source map of our own lines alone: a function's bundle is nine tenths SDK, whose lines nobody here would mend,
// and a map of all of it is larger than itself.
import { GenMapping, maybeAddSegment, toEncodedMap } from '@jridgewell/gen-mapping';
import { TraceMap, eachMapping } from '@jridgewell/trace-mapping';

/** @param map as esbuild wrote it @param named source's path in the repository, undefined for one that isn't ours @returns undefined if nothing is */
export function ownSourceMap(map, named) {
  const own = new GenMapping();
  let inOurs = false;
  eachMapping(new TraceMap(map), ({ generatedLine, generatedColumn, source, originalLine, originalColumn }) => {
    const name = source === null ? undefined : named(source);
    if (name !== undefined) maybeAddSegment(own, generatedLine - 1, generatedColumn, name, originalLine - 1, originalColumn);
    // Where ours ends, nothing begins: what follows must not count as ours.
    else if (inOurs) maybeAddSegment(own, generatedLine - 1, generatedColumn);
    inOurs = name !== undefined;
  });
  const encoded = toEncodedMap(own);
  return encoded.sources.length > 0 ? JSON.stringify(encoded) : undefined;
}
