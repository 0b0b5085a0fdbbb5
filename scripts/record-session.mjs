// Records a session of the source connector for the README: the command that ships, in a real terminal, against the rotator's stack on
// the local cloud, with a session that is really cut. Writes docs/tunnel-source.svg. Each cut spends the token, because the recording is about what
// happens then.
// Needs the built bundles and `script` (util-linux or BSD). Usage: npx tsx scripts/record-session.mjs
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { startEchoDevice } from '../demo/device.ts';
import { verifyPort } from '../demo/operator.ts';
import { startLocalCloud } from '../local-cloud/cloud.ts';
import { connectDestination } from '../tunnel-protocol/peer.ts';
import { picture, Terminal } from './terminal-picture.mjs';

const COLUMNS = 100;
const CUTS = 3;
const PORT = 5555;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = mkdtempSync(join(tmpdir(), 'record-session-'));
const began = { at: 0 };
const frames = [];
const captions = [];
const terminal = new Terminal();
let written = '';

const cloud = await startLocalCloud();
try {
  const { env, closeTunnel, end } = await prepare();
  await record(env, closeTunnel);
  await end();
  const svg = picture({
    frames, captions, columns: COLUMNS, end: frames.at(-1).at + 4_000, still: stillAt(),
    title: `A terminal: tunnel-source connects, comes back by itself after each of ${CUTS} cuts, and ends when the tunnel is closed.`,
  });
  for (const secret of ['LOCALCAT', scratch, root, homedir()]) {
    if (svg.includes(secret)) throw new Error(`the recording holds ${secret === 'LOCALCAT' ? 'a token' : secret}`);
  }
  writeFileSync(join(root, 'docs', 'tunnel-source.svg'), svg);
  console.log(`docs/tunnel-source.svg ${(svg.length / 1000).toFixed(0)} kB, ${(frames.at(-1).at / 1000).toFixed(0)} s`);
} finally {
  await cloud.close();
  rmSync(scratch, { recursive: true, force: true });
}

/** The stack, a tunnel with a device at its end, and a directory where npx finds the package. */
async function prepare() {
  execFileSync('npx', ['cdk', 'synth', '--quiet', '--output', join(scratch, 'cdk.out')], { cwd: root, stdio: 'ignore' });
  const { outputs } = await cloud.deploy(join(scratch, 'cdk.out'));
  const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
  const tunneling = new IoTSecureTunnelingClient(settings);
  const { tunnelId, destinationAccessToken } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const device = await startEchoDevice();
  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });

  // Where npx finds the package as it is, and no other.
  const installed = join(scratch, 'node_modules', '@tunnel-token-rotator');
  const commands = join(scratch, 'node_modules', '.bin');
  for (const directory of [installed, commands]) mkdirSync(directory, { recursive: true });
  symlinkSync(join(root, 'connector'), join(installed, 'source'));
  symlinkSync(join(root, 'connector', 'dist', 'tunnel-source.js'), join(commands, 'tunnel-source'));
  return {
    env: {
      ...cloud.env, TUNNEL: tunnelId, PREFIX: outputs.SecretPrefix, PATH: `${commands}:${process.env.PATH}`, PS1: '$ ', TERM: 'xterm-256color',
      HOME: scratch, XDG_RUNTIME_DIR: scratch, npm_config_progress: 'false', npm_config_update_notifier: 'false',
    },
    async closeTunnel() { await tunneling.send(new CloseTunnelCommand({ tunnelId })); },
    async end() {
      await destination.close();
      device.close();
      tunneling.destroy();
    },
  };
}

/** What the operator types, and what happens meanwhile. */
async function record(env, closeTunnel) {
  const shell = `stty cols ${COLUMNS} rows 24; exec sh -i`;
  const args = process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', shell] : ['-qfec', shell, '/dev/null'];
  const session = spawn('script', args, { cwd: scratch, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const over = new Promise((resolve) => session.once('close', resolve));
  session.stdout.setEncoding('utf8').on('data', (text) => {
    began.at ||= Date.now();
    written += text;
    terminal.write(text);
    frames.push({ at: Date.now() - began.at, screen: terminal.screen });
  });

  await shows('$ ');
  await type(session, 'npx @tunnel-token-rotator/source --tunnel-id $TUNNEL --prefix $PREFIX -s SSH=5555 --no-client-token');
  await shows('connected for');
  for (let cut = 1; cut <= CUTS; cut++) {
    await verifyPort(PORT);
    await sleep(2_500);
    caption('the network cuts the session');
    cloud.tunneling.admin.cut(env.TUNNEL, 'source');
    await shows(`connected for 00:00:00 | ${cut} drop`);
    caption('reported, rotated, delivered, connected again: nobody typed anything');
  }
  await verifyPort(PORT);
  await sleep(3_000);
  caption('somebody closes the tunnel');
  await closeTunnel();
  await shows(/open a new one\.[^]*\$ $/);
  await type(session, 'echo $?');
  await sleep(500);
  session.stdin.end('exit\r');
  const last = frames.length;
  await over;
  frames.length = last;
  if (!written.includes('\n10\r')) throw new Error('the connector did not end with the exit code for a closed tunnel');
}

/** Word by word, as the terminal echoes it. */
async function type(session, line) {
  for (const word of line.split(/(?<= )/)) {
    session.stdin.write(word);
    await sleep(120);
  }
  session.stdin.write('\r');
}

async function shows(text) {
  const there = () => (typeof text === 'string' ? written.includes(text) : text.test(written));
  for (const deadline = Date.now() + 30_000; !there(); await sleep(10)) {
    if (Date.now() > deadline) throw new Error(`the terminal does not show '${text}' but: ${terminal.screen.join('\n')}`);
  }
}

function caption(text) {
  captions.push({ from: Date.now() - began.at, to: Date.now() - began.at + 2_000, text });
  const before = captions.at(-2);
  if (before) before.to = Math.min(before.to, captions.at(-1).from);
}

/** A moment of calm after the last recovery. */
function stillAt() {
  return frames.findLast(({ screen }) => screen.at(-1).includes('connected for')).at;
}
