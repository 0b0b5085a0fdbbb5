import { type HeldTag, heldTag, parseHeldTag } from '../../lib/runtime-contract';

describe('the held tag', () => {
  it.each<HeldTag>([
    { reason: 'flapping', at: 1_767_268_800_000, until: 1_767_269_280_000 },
    { reason: 'out-of-scope', at: 1_767_268_800_000, until: undefined },
  ])('is read as it was written, and is what a tag can hold: %j', (tag) => {
    expect(parseHeldTag(heldTag(tag))).toEqual(tag);
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html
    expect(heldTag(tag)).toMatch(/^[\w +\-=.:/@]{1,256}$/);
  });

  it.each([undefined, '', 'flapping', 'flapping soon', 'flapping 2026-01-01T12:00:00Z soon', 'some (1) 2026-01-01T12:00:00Z'])('is nothing if nobody of ours wrote it: %s', (value) => {
    expect(parseHeldTag(value)).toBeUndefined();
  });
});
