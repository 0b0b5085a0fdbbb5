import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientTokens } from '../../../connector/proxy/client-tokens';
import { Confidential } from '../../../lib/confidential';

const ONE = new Confidential('LOCALCAT-one');
const OTHER = new Confidential('LOCALCAT-other');
const HOUR = 3_600;

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'client-tokens-'));
  file = join(directory, 'tunnel.client');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a client token', () => {
  it('is one that AWS takes, the same for the same token, and another one for another', () => {
    const of = clientTokens(file);
    expect(of(ONE)).toMatch(/^[a-zA-Z0-9-]{32,128}$/);
    expect(of(ONE)).toBe(of(ONE));
    expect(of(OTHER)).not.toBe(of(ONE));
  });

  it('outlives its process, with the token that it belongs to', () => {
    const before = clientTokens(file)(ONE);
    expect(clientTokens(file)(ONE)).toBe(before);
    clientTokens(file)(OTHER);
    expect(clientTokens(file)(ONE)).not.toBe(before);
  });

  it('is noted for this user alone, without the token', () => {
    clientTokens(file)(ONE);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').includes('LOCALCAT')).toBe(false);
  });

  it.each(['', '{"tok', 'null', '{"token":1}', '{"token":"x","clientToken":"not one\\r\\nX: y"}'])('is made anew where the note says %j', (note) => {
    writeFileSync(file, note);
    expect(clientTokens(file)(ONE)).toMatch(/^[a-f0-9-]{36}$/);
  });

  it.each([['nothing may be noted', () => undefined], ['nothing can be noted', () => join(directory, 'gone', 'tunnel.client')]])('serves its process where %s', (_, place) => {
    const of = clientTokens(place());
    expect(of(ONE)).toBe(of(ONE));
    expect(clientTokens(place())(ONE)).not.toBe(of(ONE));
  });

  it('takes the place of those whose tunnels are over', () => {
    const of = (name: string, hoursAgo: number) => {
      writeFileSync(join(directory, name), '{}');
      utimesSync(join(directory, name), Date.now() / 1_000 - hoursAgo * HOUR, Date.now() / 1_000 - hoursAgo * HOUR);
    };
    of('old.client', 13);
    of('young.client', 11);
    of('old.json', 13);
    clientTokens(file)(ONE);
    expect(readdirSync(directory).sort()).toEqual(['old.json', 'tunnel.client', 'young.client']);
  });
});
