/** Tests that LiveKit publishes for its own server and Go SDK: which, at which version, and what is changed in them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceOnce, withoutConstants, withoutFunctions, withoutUnused, withoutWaitsThatUse } from './edits.ts';
import type { Module } from './toolchain.ts';

export interface Suite {
  name: string;
  module: Module;
  /** Folder of the tests in the module. */
  testPackage: string;
  /** The tests are those of these files… */
  files: string[];
  /** …but these, which have no meaning on a server in another process. */
  notApplicable: string[];
  /** Further files and their new text; `null` leaves a file out. */
  edit(read: (file: string) => string): Map<string, string | null>;
}

export const SERVER_MODULE: Module = {
  path: 'github.com/livekit/livekit-server',
  version: 'v1.13.5',
  sum: 'h1:HWfxfKvi5k1czMVqLV/htGmPgEBhrqHMxpfyMvfhyVo=',
};

const sdk: Suite = {
  name: 'server-sdk-go',
  module: {
    path: 'github.com/livekit/server-sdk-go/v2',
    version: 'v2.19.0',
    sum: 'h1:fZ0zmeC/5V+rXiI/MeC05EjwTfXmpaGkr/DXLG3EzgA=',
  },
  testPackage: '.',
  files: ['integration_test.go', 'reconnect_test.go'],
  notApplicable: [],
  edit: (read) => {
    const address = /^const \(\n\thost = .*\n\)$/m;
    return new Map([['integration_test.go', replaceOnce(read('integration_test.go'), address, 'var host = os.Getenv("LIVEKIT_URL")')]]);
  },
};

// These look into the server's own process, or start one with a setting of LiveKit's.
const IN_PROCESS = ['TestConnectionStats', 'TestTurnRelay', 'TestTurnAuthFailure', 'TestDataPublishSlowSubscriber', 'TestAutoCreate'];
const IN_PROCESS_BLOBS = ['TestSingleNodeDataBlob', 'TestSingleNodeDataBlobDisabled', 'setupDataBlobServer'];
// These need two servers that share a database.
const SEVERAL_NODES = ['TestMultinodeReconnectAfterNodeShutdown', 'TestMultiNodeDataBlob'];

const server: Suite = {
  name: 'livekit-server',
  module: SERVER_MODULE,
  testPackage: 'test',
  files: ['singlenode_test.go', 'multinode_test.go', 'multinode_roomservice_test.go'],
  notApplicable: [...IN_PROCESS, ...IN_PROCESS_BLOBS, ...SEVERAL_NODES],
  edit: (read) => {
    const single = withoutFunctions(read('singlenode_test.go'), [...IN_PROCESS, ...IN_PROCESS_BLOBS]);
    const multi = withoutFunctions(read('multinode_test.go'), SEVERAL_NODES);
    const setup = ['setupSingleNodeTest', 'setupMultiNodeTest', 'setupMultiNodeTestWithConfig', 'waitForServerToStart'];
    const starts = ['createSingleNodeServer', 'createMultiNodeServer', 'redisClient'];
    const keys = ['testApiKey', 'testApiSecret', 'defaultServerPort', 'secondServerPort'];
    const helpers = withoutConstants(withoutFunctions(read('integration_helpers.go'), [...setup, ...starts]), keys);
    return new Map([
      ['singlenode_test.go', withoutUnused(withoutWaitsThatUse(single, '.RoomManager()'))],
      ['multinode_test.go', withoutUnused(multi)],
      ['integration_helpers.go', withoutUnused(helpers)],
      ['server_under_test.go', readFileSync(join(import.meta.dirname, 'server_under_test.go'), 'utf8')],
      // Webhooks and agents: each starts a server with a setting of LiveKit's.
      ['webhook_test.go', null],
      ['agent_test.go', null],
      ['agent.go', null],
    ]);
  },
};

export const suites: Suite[] = [sdk, server];

/** The tests of a suite, as its files name them. */
export function testsOf(suite: Suite, read: (file: string) => string): string[] {
  const all = suite.files.flatMap((file) => [...read(file).matchAll(/^func (Test\w+)\(t \*testing\.T\)/gm)].map(([, name]) => name ?? ''));
  const missing = suite.notApplicable.filter((name) => name.startsWith('Test') && !all.includes(name));
  if (missing.length > 0) throw new Error(`${suite.name} has no test ${missing.join(', ')} any more`);
  return all.filter((name) => !suite.notApplicable.includes(name));
}
