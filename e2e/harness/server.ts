/** The server under test: the real binary on ports and a data folder of its own, or one that already runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, relaySibling, udpSibling } from './ports.ts';
import { until } from './waiting.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BINARY = process.env.VISIO_BINARY ?? join(ROOT, 'target/debug/visio');
// A cold start with speech models reads a few hundred megabytes.
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/** The LiveKit key that every started server knows, and that an external one is asked to know. */
export const API_KEY = process.env.LIVEKIT_API_KEY ?? 'devkey';
export const API_SECRET = process.env.LIVEKIT_API_SECRET ?? 'secret_secret_secret_secret_secret_secret';

export interface Server {
  /** `http://127.0.0.1:port`, no slash at the end. */
  url: string;
  /** The same for WebSockets. */
  signalUrl: string;
  /** Where the server's log is, or null when somebody else started it. */
  log: string | null;
  pid: number | null;
  /** Ends it as a crash does; it holds no port any more when this returns. */
  crash(): Promise<void>;
  /** Starts it again on the same ports and data. */
  restart(): Promise<void>;
  /** Asks it to end and waits until it has; its data stays. */
  shutDown(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Further settings as environment variables. */
  env?: Record<string, string>;
  captions?: boolean;
  /** Where it listens, if not on loopback alone. */
  address?: string;
  /** A port that somebody was told before. */
  port?: number;
}

/** A server for this test: `VISIO_URL` (or `LIVEKIT_URL`, for a server that is not Visio) wins over a start. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const running = process.env.VISIO_URL ?? process.env.LIVEKIT_URL?.replace(/^ws/, 'http');
  return running ? external(running.replace(/\/$/, '')) : await StartedServer.start(options);
}

/** True when the server under test is one that this run cannot kill or configure. */
export const serverIsExternal = (): boolean => Boolean(process.env.VISIO_URL ?? process.env.LIVEKIT_URL);

function external(url: string): Server {
  const refuse = (): never => {
    throw new Error('a server that somebody else started is not ended here');
  };
  return {
    url,
    signalUrl: url.replace(/^http/, 'ws'),
    log: null,
    pid: null,
    crash: refuse,
    restart: refuse,
    shutDown: refuse,
    stop: () => Promise.resolve(),
  };
}

class StartedServer implements Server {
  readonly url: string;
  readonly signalUrl: string;
  readonly log: string;
  private readonly address: string;
  private child: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly metricsPort: number,
    private readonly folder: string,
    private readonly options: ServerOptions,
  ) {
    this.address = options.address ?? '127.0.0.1';
    this.url = `http://${this.address}:${port}`;
    this.signalUrl = `ws://${this.address}:${port}`;
    this.log = join(folder, 'server.log');
  }

  static async start(options: ServerOptions): Promise<StartedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'visio-e2e-'));
    const server = new StartedServer(options.port ?? (await freePort()), await freePort(), folder, options);
    await server.restart();
    return server;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  async restart(): Promise<void> {
    const log = openSync(this.log, 'a');
    const child = spawn(BINARY, ['serve'], { cwd: this.folder, env: this.environment(), stdio: ['ignore', log, log] });
    this.child = child;
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${code ?? signal}: ${tailOf(this.log)}`)));
    });
    // Nobody waits for its end once it is ready.
    ended.catch(() => undefined);
    const ready = until(`the server answers /readyz (log: ${this.log})`, async () => (await fetch(`${this.url}/readyz`)).ok, READY_TIMEOUT_MS);
    await Promise.race([ready, ended]);
  }

  async crash(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async shutDown(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    await this.shutDown();
    if (!process.env.E2E_KEEP) rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    const { PATH, HOME, LANG } = process.env;
    return {
      PATH,
      HOME,
      LANG,
      VISIO_SERVER__LISTEN: `${this.address}:${this.port}`,
      VISIO_TLS__MODE: 'off',
      VISIO_DATA__FOLDER: join(this.folder, 'data'),
      VISIO_MEDIA__UDP_PORT: String(udpSibling(this.port)),
      VISIO_MEDIA__TCP_PORT: String(udpSibling(this.port)),
      VISIO_MEDIA__WORKERS: '1',
      VISIO_TURN__UDP_PORT: String(relaySibling(this.port)),
      VISIO_METRICS__LISTEN: `127.0.0.1:${this.metricsPort}`,
      VISIO_CAPTIONS__ENABLED: this.options.captions ? 'true' : 'false',
      ...(this.options.captions ? { VISIO_MODELS__FOLDER: modelsFolder() } : {}),
      LIVEKIT_KEYS: `${API_KEY}: ${API_SECRET}`,
      ...this.options.env,
    };
  }
}

const tailOf = (log: string): string => readFileSync(log, 'utf8').slice(-1000);

/** Where scripts/models.sh puts the speech models. */
export const modelsFolder = (): string =>
  process.env.VISIO_MODELS__FOLDER ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'visio/models');
