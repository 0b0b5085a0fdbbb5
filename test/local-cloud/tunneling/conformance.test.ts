import { Scene } from './scene';
import { CONFORMANCE } from '../../../local-cloud/conformance/rows';

describe('AWS IoT Secure Tunneling, as documented', () => {
  describe.each(Object.entries(CONFORMANCE))('%s', (_, rows) => {
    test.each(rows)('$rule ($id)', async (row) => {
      const scene = await Scene.open();
      try {
        await ('check' in row ? row.check(scene) : row.checkLocally(scene));
      } finally {
        await scene.stage.close();
      }
    });
  });

  test('every row has an id of its own and a source', () => {
    const rows = Object.values(CONFORMANCE).flat();
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.filter(({ source }) => !/^https:\/\/(docs\.aws\.amazon\.com|github\.com\/aws-samples|smithy\.io|www\.rfc-editor\.org)\//.test(source))).toEqual([]);
  });
});
