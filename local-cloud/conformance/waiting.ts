import type { Duplex } from 'node:stream';

/** Resolves as soon as `condition` holds; polls, because AWS offers nothing better. Milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, patience = 60_000, pause = 5): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${patience} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Sends a text and resolves with as many characters as come back. */
export async function exchange(stream: Duplex, text: string): Promise<string> {
  stream.write(text);
  let heard = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (heard.length >= text.length) break;
  }
  return heard;
}
