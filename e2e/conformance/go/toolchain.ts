/** The Go toolchain: modules and binaries stay below target/go, nothing of them is committed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const WORK = join(import.meta.dirname, '..', '..', '..', 'target', 'go');

/** Compiling LiveKit's server from nothing takes some minutes on two cores. */
const BUILD_TIMEOUT_MS = 900_000;

/** Why the suites cannot be run on this machine; no failure of Visio's. */
export class NotRun extends Error {}

export interface Module {
  path: string;
  version: string;
  /** `h1:` hash of the module, as in go.sum. */
  sum: string;
}

// Who has caches of Go elsewhere may name them.
const ENVIRONMENT = {
  GOMODCACHE: join(WORK, 'modules'),
  GOCACHE: join(WORK, 'build'),
  ...process.env,
  // Without it the modules are read-only and `make clean` fails.
  GOFLAGS: '-modcacherw',
  GOTOOLCHAIN: 'local',
};

export function requireGo(): void {
  const version = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (version.error) throw new NotRun('Go is missing: install it from https://go.dev/dl or from your distribution');
}

/** The folder with the module's source, fetched from the module proxy and compared with its hash. */
export function fetchModule({ path, version, sum }: Module): string {
  mkdirSync(WORK, { recursive: true });
  const answer = go(WORK, ['mod', 'download', '-json', `${path}@${version}`]);
  const fetched = JSON.parse(answer.stdout || '{}') as { Dir?: string; Sum?: string; Error?: string };
  if (!fetched.Dir) throw new NotRun(`${path}@${version} cannot be fetched: ${fetched.Error ?? answer.stderr}`);
  if (fetched.Sum !== sum) throw new Error(`${path}@${version} has the hash ${fetched.Sum}, expected is ${sum}`);
  return fetched.Dir;
}

/** Compiles the tests of a copy of a module, with the edited files in place of its own; `null` leaves a file out. */
export function buildTests(folder: string, testPackage: string, edited: Map<string, string | null>, name: string): string {
  const copy = join(WORK, name, 'source');
  const binary = join(WORK, name, 'tests');
  rmSync(copy, { recursive: true, force: true });
  cpSync(folder, copy, { recursive: true });
  for (const [file, text] of edited) {
    const path = join(copy, testPackage, file);
    rmSync(path, { force: true });
    if (text !== null) writeFileSync(path, text);
  }
  build(copy, ['test', '-vet=off', '-c', '-o', binary, `./${testPackage}`]);
  return binary;
}

export function buildProgram(folder: string, programPackage: string, name: string): string {
  const binary = join(WORK, name);
  build(folder, ['build', '-o', binary, `./${programPackage}`]);
  return binary;
}

function build(folder: string, args: string[]): void {
  const { status, stderr } = go(folder, args);
  if (status === 0) return;
  // A toolchain that is too old and a dependency that is not served say nothing about Visio.
  if (/requires go >=|dial tcp|: 40[34] |410 Gone/.test(stderr)) throw new NotRun(`it cannot be built here: ${stderr.trim()}`);
  throw new Error(`go ${args.join(' ')}\n${stderr}`);
}

const go = (folder: string, args: string[]) =>
  spawnSync('go', args, { cwd: folder, env: ENVIRONMENT, encoding: 'utf8', timeout: BUILD_TIMEOUT_MS, maxBuffer: 1 << 26 });
