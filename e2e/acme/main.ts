/** Certificates from a real ACME authority; `npm run acme -- renewed` plays only scenarios whose name holds a word. */
import { NotRun, requireGo } from '../conformance/go/toolchain.ts';
import { serverIsExternal } from '../harness/server.ts';
import { within } from '../harness/waiting.ts';
import { buildPebble, type Programs } from './pebble.ts';
import { scenarios } from './scenarios.ts';

const SCENARIO_TIMEOUT_MS = 90_000;
/** What scripts/test.sh takes for "not run" rather than for passed or failed. */
const NOT_RUN_STATUS = 3;

const words = process.argv.slice(2);

async function main(): Promise<number> {
  if (serverIsExternal()) throw new NotRun('a server that somebody else started is not configured here');
  requireGo();
  const programs = buildPebble();
  let [passed, failed] = [0, 0];
  for (const [name, play] of Object.entries(scenarios)) {
    if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
    const start = Date.now();
    const problem = await played(name, play, programs);
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(problem === null ? `pass ${name} (${seconds} s)` : `FAIL ${name} (${seconds} s)\n${problem}`);
    if (problem === null) passed += 1;
    else failed += 1;
  }
  console.log(`\nacme: ${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

async function played(name: string, play: (programs: Programs) => Promise<void>, programs: Programs): Promise<string | null> {
  try {
    await within(name, SCENARIO_TIMEOUT_MS, play(programs));
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

process.exit(
  await main().catch((error: unknown) => {
    if (!(error instanceof NotRun)) throw error;
    console.log(`not run: ${error.message}`);
    return NOT_RUN_STATUS;
  }),
);
