/** Plays the whole matrix against one server and writes the table; any failed row fails the run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../harness/browser.ts';
import { hostPage } from '../harness/page-host.ts';
import { startServer } from '../harness/server.ts';
import { within } from '../harness/waiting.ts';
import { groups } from './rows/all.ts';
import type { Outcome } from './row.ts';
import { type Generation, Stage } from './stage.ts';
import { table } from './table.ts';

const ROW_TIMEOUT_MS = 90_000;
const OUT = join(import.meta.dirname, '..', 'out');

// `npm run conformance -- data v0` plays the groups whose name holds a word, in one generation.
const words = process.argv.slice(2);
const wantedGenerations = words.filter((word): word is Generation => word === 'v0' || word === 'v1');
const wantedNames = words.filter((word) => word !== 'v0' && word !== 'v1');

async function main(): Promise<number> {
  const outcomes: Outcome[] = [];
  const server = await startServer();
  const host = await hostPage(join(import.meta.dirname, 'page.ts'));
  const browser = await launchBrowser();
  try {
    for (const group of groups.filter(({ name }) => wants(wantedNames, name))) {
      for (const generation of group.generations.filter((one) => wants(wantedGenerations, one))) {
        const stage = new Stage(server, generation, browser, host);
        await group.play(stage, (name, run) => record(outcomes, { group: group.name, name, generation }, run));
        await stage.clear();
      }
    }
  } finally {
    await browser.close();
    host.close();
    await server.stop();
  }
  return conclude(outcomes);
}

const wants = (words: string[], name: string): boolean => words.length === 0 || words.some((word) => name.includes(word));

async function record(
  outcomes: Outcome[],
  row: Pick<Outcome, 'group' | 'name' | 'generation'>,
  run: () => Promise<string>,
): Promise<boolean> {
  const start = Date.now();
  const outcome = await within(row.name, ROW_TIMEOUT_MS, run()).then(
    (detail) => ({ passed: true, detail }),
    (error: unknown) => ({ passed: false, detail: error instanceof Error ? error.message : String(error) }),
  );
  const seconds = (Date.now() - start) / 1000;
  outcomes.push({ ...row, ...outcome, seconds });
  console.log(`${outcome.passed ? 'pass' : 'FAIL'} ${row.generation} ${row.group}: ${row.name} (${seconds.toFixed(1)} s) ${outcome.detail}`);
  return outcome.passed;
}

function conclude(outcomes: Outcome[]): number {
  const failed = outcomes.filter((outcome) => !outcome.passed).length;
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, 'conformance.md'), table(outcomes));
  console.log(`\n${table(outcomes)}\nconformance: ${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 && outcomes.length > 0 ? 0 : 1;
}

process.exit(await main());
