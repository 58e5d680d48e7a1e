/** A PostgreSQL of its own on a Unix socket, which can be taken away and brought back. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = '/usr/lib/postgresql';

export interface Postgres {
  url: string;
  start(): Promise<void>;
  /** Ends it at once, as a crash of its machine does. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const programs = join(VERSIONS, readdirSync(VERSIONS).sort().at(-1) ?? '', 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'visio-postgres-'));
  const data = join(folder, 'data');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o755);
  // PostgreSQL refuses to run as root.
  const run = (program: string, ...args: string[]): void => {
    const command = isRoot ? ['/usr/sbin/runuser', '-u', 'postgres', '--', join(programs, program), ...args] : [join(programs, program), ...args];
    execFileSync(command[0] as string, command.slice(1), { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const postgres: Postgres = {
    url: `postgres://visio@${encodeURIComponent(folder)}/postgres`,
    start: async () => run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', `-k ${folder} -c listen_addresses=`, 'start'),
    stop: async () => run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop'),
    remove: async () => {
      try {
        await postgres.stop();
      } catch {
        // It was stopped already.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  run('initdb', '-D', data, '-A', 'trust', '-U', 'visio', '-E', 'UTF8', '--locale=C.UTF-8');
  await postgres.start();
  return postgres;
}
