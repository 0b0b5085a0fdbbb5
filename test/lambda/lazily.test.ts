import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { lazily } from '../../lambda/lazily';

const ASSETS = join(__dirname, '../../assets');

describe('what is loaded late', () => {
  it('GIVEN a call whose other half was not loaded yet WHEN it is made twice THEN that is loaded once, after whatever was under way has left', async () => {
    const story: string[] = [];
    const say = lazily(async () => {
      story.push('loaded');
      return async (word: string) => { story.push(word); };
    });
    const saying = [say('one'), say('two')];
    await Promise.resolve().then(() => story.push('first call to AWS is signed'));
    expect(story).toEqual(['first call to AWS is signed']);
    await Promise.all(saying);
    expect(story).toEqual(['first call to AWS is signed', 'loaded', 'one', 'two']);
  });

  it.each(['rotator', 'sweeper', 'cleaner'])('GIVEN the %s that ships THEN every part that another part names lies beside it, and loads', (name) => {
    const folder = join(ASSETS, name);
    const files = readdirSync(folder).filter((file) => !file.endsWith('.map'));
    const named = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/require\("\.\/([^"]+)"\)/g)].map(([, part]) => part));
    expect(files).toEqual(expect.arrayContaining([...new Set(named)]));
    for (const part of named) expect(() => jest.requireActual(join(folder, part))).not.toThrow();
    expect(files.filter((file) => file !== 'index.js' && !named.includes(file))).toEqual([]);
  });

  it.each(['rotator', 'sweeper', 'cleaner'])('GIVEN the %s that ships THEN whatever it names is in it or in Node', (name) => {
    const folder = join(ASSETS, name);
    const code = readdirSync(folder).filter((file) => !file.endsWith('.map')).map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
    expect(code).not.toMatch(/\bimport\(/);
    const outside = [...code.matchAll(/require\("([^".][^"]*)"\)/g)].map(([, path]) => path);
    // The SDK tries it for EventBridge's global endpoints, and says so if it isn't there; nobody here has one.
    expect(outside.filter((path) => !isBuiltin(path) && path !== '@aws-sdk/signature-v4-crt')).toEqual([]);
  });
});
