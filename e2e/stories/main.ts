/** Plays the stories one file after another; `npm run stories -- captions` plays only files with that word. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import report from '../harness/reporter.ts';

const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts') && (words.length === 0 || words.some((word) => file.includes(word))))
  .map((file) => join(import.meta.dirname, file));

// The loader of TypeScript comes to the child processes with this process's own arguments.
const events = run({ files, concurrency: 1 });
events.on('test:fail', () => (process.exitCode = 1));
events.compose(report).pipe(process.stdout);
