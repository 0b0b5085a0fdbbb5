import { inspect } from 'node:util';
import { Confidential } from '../../lib/confidential';

describe('confidential text', () => {
  const token = new Confidential('LOCALCAT-secret');
  it.each<[string, () => string]>([
    ['put into a string', () => `${token}`],
    ['made JSON', () => JSON.stringify({ token })],
    ['inspected, as console.log does', () => inspect({ token }, { showHidden: true, depth: 9 })],
    ['spread into an object', () => JSON.stringify({ ...token })],
    ['thrown in an error', () => inspect(new Error(`failed with ${token}`, { cause: token }))],
  ])('WHEN it is %s THEN it does not show', (_, show) => {
    expect(show()).not.toContain('LOCALCAT');
  });
});
