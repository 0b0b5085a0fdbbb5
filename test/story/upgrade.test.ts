import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeApp } from '../support/assembly';
import { passCleanups } from '../support/cleanup-time';
import { World } from '../support/world';

const FIXTURE = join(__dirname, 'fixtures', 'template-0.1.0.json');
const BUNDLES = join(__dirname, '..', '..', 'assets');
const STACK = 'TunnelTokenRotator';
const STATEFUL = ['AWS::DynamoDB::Table', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup', 'Custom::TunnelTokenCleanup'];

/** The stack as version 0.1.0 synthesized it. Its functions run today's bundles: what is tried is the update of the stack. */
function formerAssembly(): string {
  const directory = mkdtempSync(join(tmpdir(), 'former-'));
  cpSync(FIXTURE, join(directory, 'template.json'));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({
    artifacts: { [STACK]: { type: 'aws:cloudformation:stack', properties: { templateFile: 'template.json' } } },
  }));
  const files = ['rotator', 'sweeper', 'cleaner'].map((name) => [name, { source: { path: join(BUNDLES, name) }, destinations: { here: { objectKey: `${name}.zip` } } }]);
  writeFileSync(join(directory, `${STACK}.assets.json`), JSON.stringify({ files: Object.fromEntries(files) }));
  return directory;
}

type Template = { readonly Resources: Record<string, { readonly Type: string }> };
const stateful = ({ Resources }: Template) => Object.entries(Resources).filter(([, { Type }]) => STATEFUL.includes(Type)).map(([id]) => id).sort();
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Template;

describe('GIVEN a stack of version 0.1.0', () => {
  it('WHEN it is synthesized today THEN no logical id of what keeps something has changed', () => {
    expect(stateful(read(join(synthesizeApp(), `${STACK}.template.json`)))).toEqual(stateful(read(FIXTURE)));
  });

  it('WHEN it is updated while tunnels are open THEN each keeps its secret, and heals as before', async () => {
    const world = await World.begin(formerAssembly());
    const tunnel = await world.openTunnel();
    await tunnel.connect();
    await tunnel.recoverOnce();

    expect(await passCleanups(world.cloud, () => world.cloud.deploy(synthesizeApp()))).not.toBeInstanceOf(Error);

    expect(await tunnel.secretExists()).toBe(true);
    expect(await tunnel.works()).toBe(true);
    await tunnel.drop();
    await tunnel.signal({ proof: tunnel.proof });
    await tunnel.reconnect();
    expect(await tunnel.works()).toBe(true);
    await world.end();
  });
});
