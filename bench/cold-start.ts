import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Load time and size of each bundle that ships, over a handler that does nothing but make the same clients of the SDK. */
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

  // In turns, so that a busy moment of the machine meets all of them.
  const times = { shipped: [] as number[], bare: [] as number[], unbundled: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    times.shipped.push(loadTime(shipped));
    times.bare.push(loadTime(bare));
    if (pair % 4 === 0) times.unbundled.push(loadTime(unbundled));
  }
  return [
    {
      id: `cold-start.${name}.load`, title: `${name}: load`, unit: 'ms', value: median(times.shipped), goal: 0.8,
      floor: { title: 'a bare handler with the same clients', value: median(times.bare) },
      rivals: [{ title: 'the SDK left to the runtime', value: median(times.unbundled) }],
      note: `medians of ${pairs} pairs of fresh processes, Node ${process.version}`,
    },
    {
      id: `cold-start.${name}.size`, title: `${name}: size`, unit: 'kB', value: statSync(shipped).size / 1000, goal: 0.8, counted: true,
      floor: { title: 'a bare handler with the same clients', value: statSync(bare).size / 1000 },
    },
  ];
}

/** Milliseconds that a fresh process takes to load a file. */
function loadTime(file: string): number {
  const probe = `const began = performance.now(); require(${JSON.stringify(file)});
    process.stdout.write(String(performance.now() - began)); process.exit(0);`;
  return Number(execFileSync(process.execPath, ['-e', probe], { env: ENVIRONMENT }));
}
