import { openTunnelInput } from '../../../connector/aws/open-tunnel';

describe('what OpenTunnel is asked for', () => {
  it('is everything that was given', () => {
    expect(openTunnelInput({ thing: 'pump-7', services: ['SSH'], lifetime: 120, description: 'nightly', tags: { team: 'a' } })).toEqual({
      description: 'nightly',
      destinationConfig: { thingName: 'pump-7', services: ['SSH'] },
      timeoutConfig: { maxLifetimeTimeoutMinutes: 120 },
      tags: [{ key: 'team', value: 'a' }],
    });
  });

  it('is nothing that was not', () => {
    expect(openTunnelInput({ services: [], tags: {} })).toEqual({});
  });

  it.each([
    [{ thing: 'pump-7' }, '--thing needs --services'],
    [{ lifetime: 0 }, '--lifetime must be whole minutes from 1 to 720'],
    [{ lifetime: 721 }, '--lifetime'],
    [{ lifetime: 1.5 }, '--lifetime'],
    [{ lifetime: NaN }, '--lifetime'],
    [{ description: '' }, '--description must be 1 to 2048 printable characters'],
    [{ description: 'bell \u0007' }, '--description'],
    [{ tags: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`k${index}`, 'v'])) }, '--tag may be given at most 200 times'],
  ])('is refused before AWS would: %#', (wrong, message) => {
    expect(() => openTunnelInput({ services: [], tags: {}, ...wrong })).toThrow(message);
  });
});
