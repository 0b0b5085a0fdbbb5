import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { median, type Bench, type Figure } from './figure';

const ROOT = join(__dirname, '..');
const ENVIRONMENT = {
  PATH: process.env.PATH, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none', ROTATOR_NAME: 'r', LEDGER_TABLE: 't',
  SIGNAL_QUEUE_URL: 'https://queue', SECRET_PREFIX: 'p', STACK_NAME: 's', SWEEP_CALLS_PER_SECOND: '5', ANNOUNCEMENT_BUS: 'default',
  ANNOUNCEMENT_TOPIC_PREFIX: 'tunnels',
};

/** The clients that each function makes when it is loaded. */
const CLIENTS = {
  rotator: {
    '@aws-sdk/client-iotsecuretunneling': 'IoTSecureTunnelingClient', '@aws-sdk/client-secrets-manager': 'SecretsManagerClient',
    '@aws-sdk/client-dynamodb': 'DynamoDBClient', '@aws-sdk/client-sqs': 'SQSClient', '@aws-sdk/client-eventbridge': 'EventBridgeClient',
    '@aws-sdk/client-iot-data-plane': 'IoTDataPlaneClient',
  },
  sweeper: {
    '@aws-sdk/client-iotsecuretunneling': 'IoTSecureTunnelingClient', '@aws-sdk/client-dynamodb': 'DynamoDBClient', '@aws-sdk/client-sqs': 'SQSClient',
  },
  cleaner: { '@aws-sdk/client-dynamodb': 'DynamoDBClient', '@aws-sdk/client-secrets-manager': 'SecretsManagerClient' },
} as const;

/** Load time, instructions and size of each bundle that ships, over a handler that does nothing but make the same clients of the SDK. */
export const coldStart: Bench = {
  title: 'Cold start',
  async measure(effort, say) {
    const scratch = mkdtempSync(join(ROOT, 'node_modules', '.cache-bench-')); // where a handler finds the SDK unbundled
    try {
      return (Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]).flatMap((name) => {
        say(`loading the ${name}`);
        return figuresOf(name, scratch, effort === 'quick' ? 7 : 41);
      });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

function figuresOf(name: keyof typeof CLIENTS, scratch: string, pairs: number): Figure[] {
  const shipped = join(ROOT, 'assets', name, 'index.js');
  const source = join(scratch, `${name}.mjs`);
  const bare = join(scratch, `${name}-bare.cjs`);
  const unbundled = join(scratch, `${name}-unbundled.cjs`);
  const clients = Object.entries(CLIENTS[name]);
  writeFileSync(source, [
    ...clients.map(([path, client]) => `import { ${client} } from '${path}';`),
    `export const clients = [${clients.map(([, client]) => `new ${client}({})`).join(', ')}];`,
    'export const handler = async () => clients.length;',
  ].join('\n'));
  const settings: BuildOptions = {
    entryPoints: [source], bundle: true, platform: 'node', target: 'node22', format: 'cjs', minify: true,
  };
  buildSync({ ...settings, outfile: bare, mainFields: ['module', 'main'] });
  buildSync({ ...settings, outfile: unbundled, external: ['@aws-sdk/*'] });
  // As the CDK's NodejsFunction bundles it unless it is told otherwise.
  const rival = join(scratch, 'afternoon.cjs');
  buildSync({ ...settings, entryPoints: [join(__dirname, 'rivals', 'afternoon.ts')], outfile: rival, external: ['@aws-sdk/*'] });

  // In turns, so that a busy moment of the machine meets all of them.
  const loads = { shipped: [] as Load[], bare: [] as Load[], unbundled: [] as Load[], rival: [] as Load[] };
  for (let pair = 0; pair < pairs; pair++) {
    loads.shipped.push(load(shipped));
    loads.bare.push(load(bare));
    if (pair % 4 !== 0) continue;
    loads.unbundled.push(load(unbundled));
    loads.rival.push(load(rival));
  }
  const timeOf = (some: readonly Load[]) => median(some.map(({ time }) => time));
  const sizeOf = ([{ files }]: readonly Load[]) => files.reduce((sum, file) => sum + statSync(file).size, 0) / 1000;
  const parts = readdirSync(dirname(shipped)).map((file) => join(dirname(shipped), file));
  const later = parts.reduce((sum, file) => sum + statSync(file).size, 0) / 1000 - sizeOf(loads.shipped);
  const floor = 'a bare handler with the same clients';
  return [
    {
      id: `cold-start.${name}.load`, title: `${name}: load`, unit: 'ms', value: timeOf(loads.shipped), goal: 0.8,
      floor: { title: floor, value: timeOf(loads.bare) },
      rivals: [
        { title: 'the same clients, the SDK left to the runtime', value: timeOf(loads.unbundled) },
        ...(name === 'rotator' ? [{ title: 'the afternoon rotator, its SDK left to the runtime', value: timeOf(loads.rival) }] : []),
      ],
      note: `medians of ${pairs} pairs of fresh processes, Node ${process.version}`,
    },
    ...(pairs > 10 ? instructionsOf(name, shipped, bare) : []),
    {
      id: `cold-start.${name}.size`, title: `${name}: what is loaded at once`, unit: 'kB', value: sizeOf(loads.shipped), goal: 0.8, counted: true,
      floor: { title: floor, value: sizeOf(loads.bare) }, note: `another ${later.toFixed(0)} kB lie beside it and are loaded when they are wanted`,
    },
  ];
}

interface Load {
  /** Milliseconds. */
  readonly time: number;
  readonly files: readonly string[];
}

/** What a fresh process does to load a file. */
function load(file: string): Load {
  const probe = `const began = performance.now(); require(${JSON.stringify(file)}); const time = performance.now() - began;
    process.stdout.write(JSON.stringify({ time, files: Object.keys(require.cache) })); process.exit(0);`;
  return JSON.parse(execFileSync(process.execPath, ['-e', probe], { env: ENVIRONMENT, encoding: 'utf8' })) as Load;
}

/** Which no busy machine changes; nothing where valgrind is not installed. */
function instructionsOf(name: string, shipped: string, bare: string): Figure[] {
  const [nothing, ours, floor] = [undefined, shipped, bare].map(instructions);
  if (nothing === undefined || ours === undefined || floor === undefined) return [];
  return [{
    id: `cold-start.${name}.instructions`, title: `${name}: CPU instructions to load`, unit: 'M', value: (ours - nothing) / 1e6, goal: 0.8,
    floor: { title: 'a bare handler with the same clients', value: (floor - nothing) / 1e6 },
    note: 'counted by valgrind, in millions, beyond those of an empty process',
  }];
}

function instructions(file: string | undefined): number | undefined {
  const { stderr } = spawnSync('valgrind', [
    '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', '--smc-check=all-non-file',
    process.execPath, '--single-threaded', '--predictable-gc-schedule', '--hash-seed=1', '--random-seed=1',
    '-e', `${file === undefined ? '' : `require(${JSON.stringify(file)});`}process.exit(0)`,
  ], { env: ENVIRONMENT, encoding: 'utf8' });
  const count = /refs:\s+([\d,]+)/.exec(stderr ?? '')?.[1];
  return count === undefined ? undefined : Number(count.replaceAll(',', ''));
}
