/** LiveKit's published Go tests against Visio; `npm run conformance:go -- TestResume` plays only tests whose name holds a word,
 *  `-- beside` plays them on LiveKit's own server too. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_KEY, API_SECRET, startServer } from '../../harness/server.ts';
import { later, waitsFor } from './later.ts';
import { buildReference, type Played, startReference } from './reference.ts';
import { type Result, resultsOf } from './results.ts';
import { type Suite, suites, testsOf } from './suites.ts';
import { buildTests, fetchModule, NotRun, requireGo, WORK } from './toolchain.ts';

/** The longest test waits half a minute for LiveKit's own time-outs, in each of three modes. */
const TEST_TIMEOUT_SECONDS = 150;
/** What scripts/test.sh takes for "not run" rather than for passed or failed. */
const NOT_RUN_STATUS = 3;

const words = process.argv.slice(2).filter((word) => word !== 'beside');
const beside = process.argv.includes('beside');

type Outcome = Result & { suite: string; reference: string };

async function main(): Promise<number> {
  const outcomes: Outcome[] = [];
  requireGo();
  const reference = beside ? buildReference() : null;
  for (const suite of suites) {
    const folder = fetchModule(suite.module);
    const read = (file: string): string => readFileSync(join(folder, suite.testPackage, file), 'utf8');
    const binary = buildTests(folder, suite.testPackage, suite.edit(read), suite.name);
    const tests = testsOf(suite, read).filter((test) => words.length === 0 || words.some((word) => test.includes(word)));
    for (const test of tests) {
      const start = Date.now();
      const results = await play(suite, binary, test, startServer);
      const seconds = (Date.now() - start) / 1000;
      const references = reference ? await play(suite, binary, test, () => startReference(reference)) : [];
      for (const result of results) {
        const outcome = { ...result, suite: suite.name, reference: references.find((one) => one.test === result.test)?.verdict ?? '' };
        outcomes.push(outcome);
        console.log(lineOf(outcome));
      }
      console.log(`${test}: ${seconds.toFixed(1)} s`);
    }
  }
  return conclude(outcomes);
}

/** One test on a server of its own, as LiveKit plays them. */
async function play(suite: Suite, binary: string, test: string, start: () => Promise<Played>): Promise<Result[]> {
  const server = await start();
  const args = ['tool', 'test2json', '-t', binary, '-test.v=test2json', '-test.run', `^${test}$`, '-test.timeout', `${TEST_TIMEOUT_SECONDS}s`];
  // LiveKit's own tests skip themselves where `CI` is set: a skipped test says nothing of Visio.
  const env = { ...process.env, CI: '', LIVEKIT_URL: server.signalUrl, LIVEKIT_API_KEY: API_KEY, LIVEKIT_API_SECRET: API_SECRET, LIVEKIT_KEYS: `${API_KEY}: ${API_SECRET}` };
  const child = spawn('go', args, { cwd: WORK, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let events = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (events += text));
  await new Promise((resolve) => child.once('close', resolve));
  await server.stop();
  const log = join(WORK, suite.name, `${test}.json`);
  writeFileSync(log, events);
  const results = resultsOf(events);
  return results.length > 0 ? results : [{ test, verdict: 'fail', detail: `nothing was said of it, see ${log}` }];
}

const lineOf = (one: Outcome): string => {
  const waits = waitsFor(one.suite, one.test);
  const verdict = one.verdict === 'fail' && waits ? `later ${waits.issue}` : one.verdict === 'fail' ? 'FAIL' : one.verdict;
  return `${verdict} ${one.suite} ${one.test}${one.reference ? ` (livekit-server: ${one.reference})` : ''}${one.verdict === 'fail' ? `: ${one.detail}` : ''}`;
};

function conclude(outcomes: Outcome[]): number {
  const listed = outcomes.filter((one) => waitsFor(one.suite, one.test));
  const waiting = listed.filter((one) => one.verdict === 'fail');
  const stale = listed.filter((one) => one.verdict === 'pass');
  const known = words.length > 0 ? [] : later.filter((one) => !outcomes.some((outcome) => waitsFor(outcome.suite, outcome.test) === one));
  const passed = outcomes.filter((one) => one.verdict === 'pass' && !listed.includes(one));
  const failed = outcomes.filter((one) => one.verdict === 'skip' || (one.verdict === 'fail' && !listed.includes(one)));
  for (const one of stale) console.log(`FAIL ${one.suite} ${one.test} passes: take it from the list in later.ts`);
  for (const one of known) console.log(`FAIL ${one.suite} has no test ${one.test}: take it from the list in later.ts`);
  console.log(`\ngo suites: ${passed.length} passed, ${failed.length + stale.length + known.length} failed, ${waiting.length} later`);
  return failed.length + stale.length + known.length === 0 && outcomes.length > 0 ? 0 : 1;
}

process.exit(
  await main().catch((error: unknown) => {
    if (!(error instanceof NotRun)) throw error;
    console.log(`not run: ${error.message}`);
    return NOT_RUN_STATUS;
  }),
);
