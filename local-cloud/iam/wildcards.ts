/** Private stand-ins for `${*}`, `${?}` and `${$}`: the characters themselves, no longer wildcards. */
export const LITERALS: Readonly<Record<string, string>> = { '*': '\uE000', '?': '\uE001', $: '$' };

/** A policy's value with stand-ins turned back into their characters, for operators without wildcards. */
export const literal = (value: string) => value.replaceAll(LITERALS['*'], '*').replaceAll(LITERALS['?'], '?');

const cache = new Map<string, RegExp>();

/** IAM's wildcards: `*` is any run of characters, `?` any single one, everything else itself. */
export function glob(pattern: string, flags = 's'): RegExp {
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known) return known;
  // Runs of stars mean one star; left alone they make the expression slow.
  const source = pattern.replace(/\*+/g, '*').replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')
    .replaceAll(LITERALS['*'], '\\*').replaceAll(LITERALS['?'], '\\?');
  const expression = new RegExp(`^${source}$`, flags);
  cache.set(key, expression);
  return expression;
}
