/** What an operator lives through with an authority: each scenario has a Visio and an authority of its own. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import type { Server } from '../harness/server.ts';
import { token } from '../harness/tokens.ts';
import { assert, pause, until } from '../harness/waiting.ts';
import { Pebble, type PebbleOptions, type Programs } from './pebble.ts';
import { choosePorts, given, logOf, look, NAME, type Ports, readyText, startSubject, tlsFolder } from './subject.ts';

type Scenario = (programs: Programs) => Promise<void>;

const ACCOUNT_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const NO_CERTIFICATE = 'there is no new certificate';

export const scenarios: Record<string, Scenario> = {
  'a certificate comes by TLS-ALPN-01 for names and an address, and a restart orders no other': async (programs) => {
    await withAuthority(programs, (ports) => ({ httpPort: ports.closed, tlsPort: ports.tls }), async (pebble, ports, ends) => {
      const names = `${NAME},www.example.test,127.0.0.1`;
      const server = await startSubject(pebble, ports, { VISIO_TLS__ACME__NAMES: names });
      ends.push(server);
      const first = await given(pebble, ports);
      for (const name of ['www.example.test', '127.0.0.1']) {
        assert((await look(ports, await pebble.root(), name)).isBelieved, `it is good for ${name}: ${first.names}`);
      }
      assert((await readyText(server)).includes('certificate: ok'), 'the server says that it has one');
      for (const file of ['acme.pem', 'acme-account.json']) {
        assert((statSync(join(tlsFolder(server), file)).mode & 0o777) === 0o600, `${file} is for its owner alone`);
      }
      await server.shutDown();
      await server.restart();
      const again = await look(ports, await pebble.root());
      assert(again.serial === first.serial, 'the same certificate is shown at once');
      await pause(1_500);
      assert(pebble.orders() === 1, `one order was made, not ${pebble.orders()}`);
    });
  },

  'a certificate comes by HTTP-01 where only port 80 leads here': async (programs) => {
    await withAuthority(programs, (ports) => ({ httpPort: ports.http, tlsPort: ports.closed }), async (pebble, ports, ends) => {
      ends.push(await startSubject(pebble, ports));
      assert((await given(pebble, ports)).names === `DNS:${NAME}`, 'it is for the name that people type');
      assert(pebble.orders() === 2, 'by TLS-ALPN-01 in vain, then by HTTP-01');
    });
  },

  'a certificate is renewed while connections and a WebSocket go on': async (programs) => {
    const options = (ports: Ports): PebbleOptions => ({ httpPort: ports.closed, tlsPort: ports.tls, validitySeconds: 8 });
    await withAuthority(programs, options, async (pebble, ports, ends) => {
      ends.push(await startSubject(pebble, ports));
      const first = await given(pebble, ports);
      const socket = await webSocket(ports, await pebble.root());
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const kept = await answer(ports, await pebble.root(), agent);
      const second = await given(pebble, ports, first.serial);
      assert((await answer(ports, await pebble.root(), agent)) === kept, 'the connection is the same as before');
      assert(!socket.destroyed && socket.readable, 'the WebSocket is open');
      socket.destroy();
      agent.destroy();
      await given(pebble, ports, second.serial);
    });
  },

  'a certificate is renewed when the authority suggests it': async (programs) => {
    await withAuthority(programs, (ports) => ({ httpPort: ports.closed, tlsPort: ports.tls }), async (pebble, ports, ends) => {
      const server = await startSubject(pebble, ports);
      ends.push(server);
      const first = await given(pebble, ports);
      const ago = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
      await pebble.suggest(first.pem, ago(2), ago(1));
      hangUp(server);
      const second = await given(pebble, ports, first.serial);
      hangUp(server);
      await pause(1_500);
      assert((await look(ports, await pebble.root())).serial === second.serial, 'the new one has its own time');
    });
  },

  'an authority that is away at the start is asked until it is back': async (programs) => {
    const ports = await choosePorts();
    const pebble = await Pebble.prepare(programs, { httpPort: ports.closed, tlsPort: ports.tls });
    const server = await startSubject(pebble, ports);
    try {
      await until('the log says that it is away', () => logOf(server).includes('cannot be reached'));
      const before = await look(ports, '');
      assert(before.isSelfSigned && before.names.includes(NAME), 'a self-signed certificate is shown');
      assert((await readyText(server)).includes('certificate: is self-signed'), 'and the server says so');
      await pebble.begin();
      await given(pebble, ports);
      // An authority that has lost its accounts, as Pebble does each time it ends.
      await pebble.end();
      await pebble.begin();
      await server.shutDown();
      rmSync(join(tlsFolder(server), 'acme.pem'));
      await server.restart();
      await given(pebble, ports);
    } finally {
      await server.stop();
      await pebble.stop();
    }
  },

  'an authority that refuses many nonces gives a certificate all the same': async (programs) => {
    const options = (ports: Ports): PebbleOptions => ({ httpPort: ports.http, tlsPort: ports.tls, env: { PEBBLE_WFE_NONCEREJECT: '20' } });
    await withAuthority(programs, options, async (pebble, ports, ends) => {
      ends.push(await startSubject(pebble, ports));
      await given(pebble, ports, '', 40_000);
    });
  },

  'a name that leads elsewhere is told with what to do, and not asked for again and again': async (programs) => {
    await withAuthority(programs, (ports) => ({ httpPort: ports.http, tlsPort: ports.tls }), async (pebble, ports, ends) => {
      await pebble.lead(NAME, '127.0.0.2');
      const server = await startSubject(pebble, ports);
      ends.push(server);
      await until('the failure is in the log', () => logOf(server).includes(NO_CERTIFICATE));
      for (const words of [`did not find this server by ${NAME}`, 'TCP port 443', 'TCP port 80', 'next_attempt_s=']) {
        assert(logOf(server).includes(words), `the log says "${words}"`);
      }
      assert(pebble.orders() === 2, 'it was tried in both ways');
      await server.shutDown();
      await server.restart();
      await pause(1_500);
      assert(pebble.orders() === 2, 'a restart does not hurry it');
      assert((await look(ports, '')).isSelfSigned, 'a self-signed certificate is shown');
      const said = doctor(server, pebble, ports);
      assert(said.includes('the last order failed: the authority did not find'), `the doctor tells it: ${said}`);
      assert(/ok {4}Authority .*: answers/.test(said), `the authority answers the doctor: ${said}`);
      await pebble.lead(NAME, '127.0.0.1');
      hangUp(server);
      await given(pebble, ports);
      assert(!doctor(server, pebble, ports).includes('the last order failed'), 'nothing fails any more');
    });
  },

  'an authority that wants a known account says so, and takes it': async (programs) => {
    const externalAccount = { keyId: 'kid-1', key: ACCOUNT_KEY };
    await withAuthority(programs, (ports) => ({ httpPort: ports.closed, tlsPort: ports.tls, externalAccount }), async (pebble, ports, ends) => {
      const stranger = await startSubject(pebble, ports);
      ends.push(stranger);
      await until('the log names the setting', () => logOf(stranger).includes('set tls.acme.eab_key_id and tls.acme.eab_key'));
      const key = join(tlsFolder(stranger), 'eab.key');
      writeFileSync(key, ACCOUNT_KEY, { mode: 0o600 });
      await stranger.shutDown();
      ends.push(await startSubject(pebble, ports, { VISIO_TLS__ACME__EAB_KEY_ID: 'kid-1', VISIO_TLS__ACME__EAB_KEY: key }));
      await given(pebble, ports);
    });
  },

  'a certificate for other names in the folder is replaced': async (programs) => {
    await withAuthority(programs, (ports) => ({ httpPort: ports.closed, tlsPort: ports.tls }), async (pebble, ports, ends) => {
      const other = await startSubject(pebble, ports, { VISIO_SERVER__PUBLIC_URL: 'https://other.example.test' });
      ends.push(other);
      const root = await pebble.root();
      await until('the other has a certificate', async () => (await look(ports, root, 'other.example.test')).isBelieved);
      await other.shutDown();
      const server = await startSubject(pebble, ports);
      ends.push(server);
      const own = await given(pebble, ports);
      await server.shutDown();
      copyFileSync(join(tlsFolder(other), 'acme.pem'), join(tlsFolder(server), 'acme.pem'));
      await server.restart();
      await given(pebble, ports, own.serial);
      assert(logOf(server).includes(`it is not for ${NAME}`), 'the log says why');
    });
  },
};

/** An authority for a scenario; whatever it starts ends with it. */
async function withAuthority(
  programs: Programs,
  options: (ports: Ports) => PebbleOptions,
  play: (pebble: Pebble, ports: Ports, ends: Server[]) => Promise<void>,
): Promise<void> {
  const ports = await choosePorts();
  const pebble = await Pebble.start(programs, options(ports));
  const ends: Server[] = [];
  try {
    await play(pebble, ports, ends);
  } finally {
    for (const server of ends) await server.stop();
    await pebble.stop();
  }
}

const hangUp = (server: Server): boolean => process.kill(server.pid ?? 0, 'SIGHUP');

/** What `visio doctor` says beside the running server. */
function doctor(server: Server, pebble: Pebble, ports: Ports): string {
  const folder = join(tlsFolder(server), '../..');
  const set = {
    'data.folder': join(folder, 'data'),
    'server.listen': `127.0.0.1:${ports.http}`,
    'server.public_url': `https://${NAME}`,
    'tls.mode': 'acme',
    'tls.listen': `127.0.0.1:${ports.tls}`,
    'tls.acme.directory': pebble.directory,
    'tls.acme.root': pebble.webRoot,
    'tls.acme.terms_agreed': 'true',
    'media.workers': '1',
  };
  const flags = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const binary = process.env.VISIO_BINARY ?? join(import.meta.dirname, '../../target/debug/visio');
  return spawnSync(binary, ['doctor', ...flags], { cwd: folder, encoding: 'utf8' }).stdout;
}

/** Asks over a connection that the agent keeps; answers which connection it was. */
function answer(ports: Ports, ca: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: ports.tls, path: '/livez', servername: NAME, ca, agent };
    const asked = get(options, (answer) => {
      const { localPort } = answer.socket;
      answer.resume().once('end', () => resolve(localPort));
    });
    asked.once('error', reject);
  });
}

/** A signal connection, as LiveKit's clients open it. */
async function webSocket(ports: Ports, ca: string): Promise<import('node:stream').Duplex> {
  const path = `/rtc?access_token=${await token('certificates', 'alice')}&protocol=15`;
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port: ports.tls, path, headers, servername: NAME, ca, agent: false });
    asked.once('upgrade', (_, socket) => {
      // Whatever comes is answered with an empty pong (RFC 6455 section 5.5.3), so that nobody takes it for dead.
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0])));
      resolve(socket);
    });
    asked.once('response', (answer) => reject(new Error(`no WebSocket: ${answer.statusCode}`)));
    asked.once('error', reject);
  });
}
