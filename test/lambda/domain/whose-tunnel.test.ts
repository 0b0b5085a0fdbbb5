import type { Situation } from '../../../lambda/domain/decide';
import type { Policy } from '../../../lambda/domain/policy';
import { SECOND, NOW, tunnel, hint, proof, given, hold, retire, rotate } from './situation';

describe('decide', () => {
  describe('GIVEN a sender who is known as a thing', () => {
    it.each<[string, Partial<Situation>, object]>([
      ['the tunnel is its own', { signal: hint({ thingName: 'device-1' }) }, rotate()],
      ['the tunnel is another thing\'s', { signal: hint({ thingName: 'device-2' }) }, hold('foreign-thing')],
      ['it has the proof, but the tunnel is another thing\'s', { signal: { ...proof('live-proof'), thingName: 'device-2' } }, hold('foreign-thing')],
      ['the tunnel names no thing', { observation: tunnel({ thingName: undefined }), signal: hint({ thingName: 'device-1' }) }, hold('foreign-thing')],
    ])('WHEN %s THEN it is heard of its own tunnels only', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a scope', () => {
    const theirs = hold('out-of-scope');
    it.each<[Policy['scope'], object]>([
      [{}, rotate()],
      [{ things: ['device-*'] }, rotate()],
      [{ things: ['pump-*', 'device-1'] }, rotate()],
      [{ things: ['*ev*c*-1'] }, rotate()],
      [{ things: ['device-1*1'] }, theirs],
      [{ things: ['*1*device*'] }, theirs],
      [{ things: ['device'] }, theirs],
      [{ things: ['device.1'] }, theirs],
      [{ services: ['RDP', 'SSH'] }, rotate()],
      [{ services: ['RDP'] }, theirs],
      [{ tags: {} }, rotate()],
      [{ tags: { team: 'blue' } }, theirs],
      [{ things: ['*'], services: ['RDP'] }, theirs],
    ])('WHEN it is %j THEN only tunnels that match all of it are ours', (scope, expected) => {
      expect(given({}, { scope })).toEqual(expected);
    });
    it('WHEN a pattern has many stars THEN a long name is judged at once', () => {
      const observation = tunnel({ thingName: 'a'.repeat(128) });
      const before = process.cpuUsage();
      expect(given({ observation }, { scope: { things: [`${'*a'.repeat(60)}*b`] } })).toEqual(theirs);
      expect(process.cpuUsage(before).user).toBeLessThan(100_000); // microseconds of work, where backtracking takes years
    });
    it('WHEN it names tags THEN all must be there', () => {
      const observation = tunnel({ tags: { team: 'blue', stage: 'prod' } });
      expect(given({ observation }, { scope: { tags: { team: 'blue' } } })).toEqual(rotate());
      expect(given({ observation }, { scope: { tags: { team: 'blue', stage: 'test' } } })).toEqual(theirs);
    });
    it('WHEN a request sends the destination\'s token to a thing outside it THEN that is not ours to do', () => {
      const observation = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND } });
      const to = (thingName: string) => given({
        side: 'destination', observation,
        signal: hint({ kind: 'token-request', via: 'eventbridge', sides: ['destination'], destinationConfig: { thingName, services: ['SSH'] } }),
      }, { sides: ['destination'], redirection: true, scope: { things: ['device-*'] } });
      expect(to('device-2')).toEqual(rotate());
      expect(to('gate-1')).toEqual(theirs);
    });
    it('WHEN it names things and the tunnel has none THEN it is not ours', () => {
      expect(given({ observation: tunnel({ thingName: undefined }) }, { scope: { things: ['*'] } })).toEqual(theirs);
    });
    it('WHEN a tunnel out of scope ends THEN what we left there is retired all the same', () => {
      expect(given({ observation: { kind: 'closed' } }, { scope: { things: ['x'] } })).toEqual(retire('tunnel-closed'));
    });
  });
});
