/** LiveKit's own server, built from the module proxy, to see what its tests say of it on this machine. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, udpSibling } from '../../harness/ports.ts';
import { API_KEY, API_SECRET } from '../../harness/server.ts';
import { until } from '../../harness/waiting.ts';
import { SERVER_MODULE } from './suites.ts';
import { buildProgram, fetchModule, WORK } from './toolchain.ts';

export interface Played {
  signalUrl: string;
  stop(): Promise<void>;
}

export const buildReference = (): string => buildProgram(fetchModule(SERVER_MODULE), 'cmd/server', 'livekit-server-program');

export async function startReference(binary: string): Promise<Played> {
  const port = await freePort();
  const config = {
    port,
    bind_addresses: ['127.0.0.1'],
    rtc: { udp_port: udpSibling(port), tcp_port: udpSibling(port), node_ip: '127.0.0.1', enable_loopback_candidate: true },
    keys: { [API_KEY]: API_SECRET },
    enable_data_tracks: true,
  };
  const log = openSync(join(WORK, 'livekit-server.log'), 'a');
  const child = spawn(binary, ['--config-body', JSON.stringify(config)], { stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('livekit-server answers', async () => (await fetch(`http://127.0.0.1:${port}/`)).ok, 30_000);
  return {
    signalUrl: `ws://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
