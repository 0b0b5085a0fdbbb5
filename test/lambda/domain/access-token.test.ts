import { inspect } from 'node:util';
import { AccessToken } from '../../../lambda/domain/access-token';

describe('an access token', () => {
  const token = new AccessToken('LOCALCAT-secret');
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
