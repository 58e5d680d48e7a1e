/** Calls on bad lines: real Chromium behind an emulated line, on Visio and, on the same lines, on LiveKit's server.
 *
 *  `npm run measure:net -- [word of a row]… [--beside]`. A publisher speaks and shows a moving picture of 960x540, a
 *  receiver listens and watches: a plain page with livekit-client on either end, but where a row names our page, at
 *  which the receiver then is. Both are behind a line of 15 ms each
 *  way; what a row says comes on top, for both directions of the receiver's line where nothing else is said. Table,
 *  pictures and all that was noted lie in target/bench/net. Status 1: a gate of ours does not hold, or was not
 *  measured; 3: this machine lacks something. Network namespaces and all processes in them end with this program,
 *  however it ends.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReference, type Played, startReference } from '../../conformance/go/reference.ts';
import { NotRun, requireGo } from '../../conformance/go/toolchain.ts';
import { isInOwnNetwork, OWN_ADDRESS, OWN_NETWORK_NEEDS, runInOwnNetwork } from '../../harness/own-network.ts';
import { bundle, hostPage } from '../../harness/page-host.ts';
import { startServer } from '../../harness/server.ts';
import { type Pages, play } from './call.ts';
import { figuresOf, tooBusy } from './figures.ts';
import { cameraFile, microphoneFile, OUT } from './material.ts';
import { type Curve, svg } from './plot.ts';
import { type Row, rows } from './rows.ts';
import { failed, markdown, type Result, summary } from './table.ts';

const NOT_RUN_STATUS = 3;
/** Status of a run inside the network that failed; another says that there was no such network. */
const FAILED_INSIDE_STATUS = 64;

const words = process.argv.slice(2).filter((word) => word !== '--beside');
const beside = process.argv.includes('--beside');

interface Contestant {
  name: string;
  judged: boolean;
  start: () => Promise<Played>;
}

const ours: Contestant = {
  name: 'Visio',
  judged: true,
  start: () => startServer({ address: OWN_ADDRESS, env: { VISIO_MEDIA__ADDRESSES: OWN_ADDRESS } }),
};
const reference: Contestant = { name: 'livekit-server', judged: false, start: () => startReference(buildReference(), OWN_ADDRESS) };

/** Outside: what needs the internet, then this program once more in a network of its own. */
async function outside(): Promise<number> {
  if (chosen().length === 0) throw new Error(`no row has ${words.join(' or ')} in its name: ${rows.map((row) => row.name).join('; ')}`);
  if (!existsSync('/dev/net/tun')) throw new NotRun('there is no /dev/net/tun: the kernel has no TUN devices, or this container is not given them');
  cameraFile();
  microphoneFile();
  if (beside) {
    requireGo();
    buildReference();
  }
  const status = await runInOwnNetwork(import.meta.filename, process.argv.slice(2));
  if (status === 0) return 0;
  if (status === FAILED_INSIDE_STATUS) return 1;
  throw new NotRun(`no network of its own (${status}); it takes ${OWN_NETWORK_NEEDS}`);
}

async function inside(): Promise<number> {
  mkdirSync(OUT, { recursive: true });
  const host = await hostPage(join(import.meta.dirname, 'page.ts'), OWN_ADDRESS);
  const pages = { url: host.url, sampler: await bundle(join(import.meta.dirname, 'sampler.ts')) };
  const results: Result[] = [];
  for (const row of chosen()) {
    const curves: Curve[] = [];
    for (const contestant of beside && !row.isOurPage ? [ours, reference] : [ours]) {
      const result = await measure(row, contestant, pages, curves);
      results.push(result);
      console.log(summary(result));
    }
    if (curves.length > 0) writeFileSync(join(OUT, `${fileName(row)}.svg`), svg(row, curves));
    writeFileSync(join(OUT, 'table.md'), `${markdown(results)}\n`);
  }
  host.close();
  console.log(`\n${markdown(results)}\n\nTable and pictures: ${OUT}`);
  return results.some(failed) ? FAILED_INSIDE_STATUS : 0;
}

/** Each row on a server of its own; what goes wrong in one leaves the others alone. */
async function measure(row: Row, { name, judged, start }: Contestant, pages: Pages, curves: Curve[]): Promise<Result> {
  const server = await start();
  try {
    const recording = await play(row, server.signalUrl, pages);
    writeFileSync(join(OUT, `${fileName(row)} ${name}.json`), JSON.stringify(recording));
    const busy = tooBusy(row, recording);
    if (busy) return { row, server: name, judged, outcome: `the machine was busy (${busy})` };
    curves.push({ server: name, recording });
    return { row, server: name, judged, outcome: figuresOf(row, recording) };
  } catch (error) {
    return { row, server: name, judged, outcome: (error as Error).message };
  } finally {
    await server.stop();
  }
}

const chosen = (): Row[] => rows.filter((row) => words.length === 0 || words.some((word) => row.name.includes(word)));
const fileName = (row: Row): string => row.name.replaceAll(/[^\w.]+/g, '-').replaceAll(/^-|-$/g, '');

process.exit(
  await (isInOwnNetwork() ? inside() : outside()).catch((error: unknown) => {
    console.log(`not run: ${error instanceof Error ? error.message : String(error)}`);
    return isInOwnNetwork() ? FAILED_INSIDE_STATUS : error instanceof NotRun ? NOT_RUN_STATUS : 1;
  }),
);
