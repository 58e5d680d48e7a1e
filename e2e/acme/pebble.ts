/** Pebble, the small ACME authority of Let's Encrypt for tests, with a DNS of its own: one of both for each scenario. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram, fetchModule, type Module, WORK } from '../conformance/go/toolchain.ts';
import { freePort } from '../harness/ports.ts';
import { until } from '../harness/waiting.ts';

const MODULE: Module = {
  path: 'github.com/letsencrypt/pebble/v2',
  version: 'v2.10.3',
  sum: 'h1:Zg/Rq9T8FvNMvfLvi3k+dXmrwgDnG9neRpeaJY2hwVM=',
};
const DAY_SECONDS = 86_400;

export interface Programs {
  authority: string;
  dns: string;
  /** The source, which holds the certificate of Pebble's own web server. */
  folder: string;
}

/** Both programs of that version; what was built once is not built again. */
export function buildPebble(): Programs {
  const folder = fetchModule(MODULE);
  const built = (program: string): string => {
    const name = `${program}-${MODULE.version}`;
    return existsSync(join(WORK, name)) ? join(WORK, name) : buildProgram(folder, `cmd/${program}`, name);
  };
  return { authority: built('pebble'), dns: built('pebble-challtestsrv'), folder };
}

export interface PebbleOptions {
  /** Where it looks by HTTP-01 and by TLS-ALPN-01. */
  httpPort: number;
  tlsPort: number;
  validitySeconds?: number;
  /** Accounts need to be bound to this one. */
  externalAccount?: { keyId: string; key: string };
  /** Its own switches, such as how many nonces it refuses. */
  env?: Record<string, string>;
}

export class Pebble {
  private readonly folder = mkdtempSync(join(tmpdir(), 'visio-pebble-'));
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly programs: Programs,
    private readonly options: PebbleOptions,
    private readonly port: number,
    private readonly managementPort: number,
    private readonly dnsPort: number,
    private readonly dnsManagementPort: number,
  ) {}

  /** Chosen, and not started yet. */
  static async prepare(programs: Programs, options: PebbleOptions): Promise<Pebble> {
    return new Pebble(programs, options, await freePort(), await freePort(), await freePort(), await freePort());
  }

  static async start(programs: Programs, options: PebbleOptions): Promise<Pebble> {
    const pebble = await Pebble.prepare(programs, options);
    await pebble.begin();
    return pebble;
  }

  get directory(): string {
    return `https://127.0.0.1:${this.port}/dir`;
  }

  /** The root of its own web server, which is not the one that its certificates are of. */
  get webRoot(): string {
    return join(this.programs.folder, 'test/certs/pebble.minica.pem');
  }

  /** Starts both, with nothing that was known before. */
  async begin(): Promise<void> {
    const config = join(this.folder, 'config.json');
    writeFileSync(config, JSON.stringify({ pebble: this.config() }));
    const dns = ['-dnsserver', `127.0.0.1:${this.dnsPort}`, '-management', `127.0.0.1:${this.dnsManagementPort}`, '-defaultIPv6', ''];
    const unused = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', ''];
    this.spawn(this.programs.dns, [...dns, ...unused], {});
    const env = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0', ...this.options.env };
    this.spawn(this.programs.authority, ['-config', config, '-dnsserver', `127.0.0.1:${this.dnsPort}`], env);
    await until('Pebble answers', () => this.ask(this.directory));
    await until('its DNS answers', () => this.askDns('clear-a', { host: 'nobody.test' }));
  }

  async end(): Promise<void> {
    for (const child of this.children.splice(0)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The root of the certificates that it gives. */
  root(): Promise<string> {
    return this.ask(`https://127.0.0.1:${this.managementPort}/roots/0`);
  }

  /** How many certificates it was asked for. */
  orders(): number {
    return readFileSync(join(this.folder, 'log'), 'utf8').split('POST /order-plz').length - 1;
  }

  /** What it suggests for the renewal of a certificate. */
  async suggest(certificate: string, start: Date, end: Date): Promise<void> {
    const window = { suggestedWindow: { start: start.toISOString(), end: end.toISOString() } };
    const body = JSON.stringify({ Certificate: certificate, ARIResponse: JSON.stringify(window) });
    await this.ask(`https://127.0.0.1:${this.managementPort}/set-renewal-info/`, body);
  }

  /** Lets a name lead to an address. */
  async lead(host: string, address: string): Promise<void> {
    await this.askDns('clear-a', { host });
    await this.askDns('add-a', { host, addresses: [address] });
  }

  private config(): object {
    const { httpPort, tlsPort, validitySeconds = 90 * DAY_SECONDS, externalAccount } = this.options;
    return {
      listenAddress: `127.0.0.1:${this.port}`,
      managementListenAddress: `127.0.0.1:${this.managementPort}`,
      certificate: join(this.programs.folder, 'test/certs/localhost/cert.pem'),
      privateKey: join(this.programs.folder, 'test/certs/localhost/key.pem'),
      httpPort,
      tlsPort,
      keyAlgorithm: 'ecdsa',
      retryAfter: { authz: 1, order: 1 },
      externalAccountBindingRequired: externalAccount !== undefined,
      externalAccountMACKeys: externalAccount ? { [externalAccount.keyId]: externalAccount.key } : {},
      profiles: { default: { description: 'for tests', validityPeriod: validitySeconds } },
    };
  }

  private spawn(program: string, args: string[], env: Record<string, string>): void {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.children.push(spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', log, log] }));
  }

  private async askDns(operation: string, body: object): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.dnsManagementPort}/${operation}`, { method: 'POST', body: JSON.stringify(body) });
    return answer.ok;
  }

  private ask(url: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      // RFC 8555 section 6.1 wants a name of who asks.
      const options = { ca: readFileSync(this.webRoot), method: body === undefined ? 'GET' : 'POST', agent: false, headers: { 'user-agent': 'visio-e2e' } };
      const asked = request(url, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${answer.statusCode} ${text}`))));
      });
      asked.once('error', reject);
      asked.end(body);
    });
  }
}
