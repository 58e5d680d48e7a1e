/** Plays the stories one file after another; `npm run stories -- captions` plays only files with that word. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { isInOwnNetwork, OWN_NETWORK_NEEDS, runInOwnNetwork } from '../harness/own-network.ts';
import report from '../harness/reporter.ts';

/** Stories that need a network of their own are played by this program once more, inside one. */
const IN_OWN_NETWORK = ['firefox.test.ts', 'relay.test.ts'];
/** Status of a run inside such a network in which a story failed; any other says that there was no such network. */
const FAILED_INSIDE_STATUS = 64;

const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts') && (words.length === 0 || words.some((word) => file.includes(word))))
  .map((file) => join(import.meta.dirname, file));
const apart = files.filter((file) => IN_OWN_NETWORK.includes(basename(file)));

if (isInOwnNetwork()) {
  await play(apart);
} else {
  await play(files.filter((file) => !apart.includes(file)));
  if (apart.length > 0) await playApart();
}

async function play(files: string[]): Promise<void> {
  if (files.length === 0) return;
  // The loader of TypeScript comes to the child processes with this process's own arguments.
  const events = run({ files, concurrency: 1 });
  events.on('test:fail', () => (process.exitCode = isInOwnNetwork() ? FAILED_INSIDE_STATUS : 1));
  for await (const text of events.compose(report)) process.stdout.write(text as string);
}

async function playApart(): Promise<void> {
  const status = await runInOwnNetwork(import.meta.filename, words).catch((error: Error) => error.message);
  if (status === 0) return;
  process.exitCode = 1;
  if (status === FAILED_INSIDE_STATUS) return;
  console.log(`FAIL ${apart.map((file) => basename(file)).join(', ')}: no network of its own (${status}); it takes ${OWN_NETWORK_NEEDS}`);
  console.log(`\nstories: 0 passed, ${apart.length} failed, 0 skipped`);
}
