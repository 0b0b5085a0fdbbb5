// A child process for tests: plays one of the endings that the official local proxy has, or something worse.
// Usage: node scripted-child.mjs <ending>. It takes its token from the environment, as the local proxy does.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const token = process.env.AWSIOT_TUNNEL_ACCESS_TOKEN ?? '';
const say = (level, text) => process.stdout.write(`[2026-03-01T12:00:00.000001]{${process.pid}}[${level}]   ${text}\n`);
const wait = () => new Promise(() => setInterval(() => undefined, 1_000));

const establish = () => {
  say('info', 'Attempting to establish web socket connection with endpoint wss://data.tunneling.iot.eu-west-1.amazonaws.com:443');
  say('info', 'Web socket session ID: 0a58a9fffe7b2a3c-00003f7d-0000a1b2-7d1b2e0f8b6e4d5c-11223344');
  say('info', 'Successfully established websocket connection with proxy server: wss://data.tunneling.iot.eu-west-1.amazonaws.com:443');
};
const connect = () => {
  establish();
  say('info', 'Listening for new connection on port 5555');
};
const refuse = (status, sentence) => say('error', `Proxy server rejected web socket upgrade request: (HTTP/1.1 ${status}) "${sentence}"`);

const endings = {
  async 'cut'() {
    connect();
    say('error', 'Received an error from the web socket: Connection reset by peer');
    refuse('400 Bad Request', 'Invalid access token: The access token was previously used and can not be used again.');
  },
  /** The first token of a session is cut off, a later one lasts. */
  async 'cut once'() {
    const mark = join(process.env.XDG_RUNTIME_DIR, 'was-cut');
    if (existsSync(mark)) return endings.lasts();
    writeFileSync(mark, '');
    await endings.cut();
  },
  async 'refused'() {
    refuse('400 Bad Request', 'Invalid access token: The access token was previously used and cannot be used again');
  },
  async 'refused otherwise'() {
    refuse('400 Bad Request', 'Invalid access token: The tunnel is closed.');
  },
  async 'busy'() {
    refuse('429 Too Many Requests', 'Slow down');
  },
  async 'goodbye'() {
    connect();
    say('info', 'Web socket close received. Code: 1000, reason: The tunnel was closed');
  },
  async 'wrong service'() {
    connect();
    say('fatal', 'Service id SHH is not one of the tunnel\'s');
    process.exitCode = 1;
  },
  /** The token is used up by then. */
  async 'port taken'() {
    establish();
    say('error', 'Could not bind to address: 127.0.0.1:5555. Address already in use');
    process.exitCode = 1;
  },
  /** As with a client token. */
  async 'comes back'() {
    connect();
    say('error', 'Websocket read error: Connection reset by peer');
    establish();
    await wait();
  },
  async 'server errors'() {
    refuse('503 Service Unavailable', 'Try again');
    say('error', 'Could not connect to proxy server: Connection refused');
    await wait();
  },
  async 'lasts'() {
    connect();
    await wait();
  },
  async 'silent'() {
    await wait();
  },
  async 'crashes'() {
    connect();
    await pause(20);
    process.kill(process.pid, 'SIGSEGV');
    await wait();
  },
  async 'stubborn'() {
    process.on('SIGTERM', () => say('info', 'I will not go'));
    connect();
    await wait();
  },
  /** Its own child stays behind, in the same group, with the pipes open. */
  async 'leaves one behind'() {
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    say('info', `left behind: ${left.pid}`);
    process.exit(0);
  },
  /** Its own child leaves the group, and keeps the pipes open for a while. */
  async 'leaves an outlaw'() {
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 2000)'], { stdio: 'inherit', detached: true }).unref();
    process.exit(0);
  },
  async 'babbles'() {
    process.stdout.write(`token=${token} and again ${token}\n`);
    process.stderr.write(`cookie: awsiot-tunnel-token=${encodeURIComponent(token)}`);
    process.stdout.write(token.slice(0, 10));
    await pause(30);
    process.stdout.write(`${token.slice(10)}\n${'x'.repeat(16_380)}${token}${'y'.repeat(20_000)}`);
  },
  async 'tells its arguments'() {
    say('info', `argv holds the token: ${process.argv.some((word) => word.includes(token))}`);
    say('info', `environment holds it: ${token !== ''}`);
  },
};

await endings[process.argv[2]]();
