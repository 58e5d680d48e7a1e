/** LiveKit's own server, built from the module proxy, to see what it does on this machine beside ours. */
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
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

/** The program of that version; what was built once is not built again. */
export function buildReference(): string {
  const name = `livekit-server-${SERVER_MODULE.version}`;
  const built = join(WORK, name);
  return existsSync(built) ? built : buildProgram(fetchModule(SERVER_MODULE), 'cmd/server', name);
}

export async function startReference(binary: string, address = '127.0.0.1'): Promise<Played> {
  const port = await freePort();
  const config = {
    port,
    bind_addresses: [address],
    rtc: {
      udp_port: udpSibling(port),
      tcp_port: udpSibling(port),
      node_ip: address,
      ips: { includes: [`${address}/32`] },
      enable_loopback_candidate: true,
    },
    keys: { [API_KEY]: API_SECRET },
    enable_data_tracks: true,
  };
  const log = openSync(join(WORK, 'livekit-server.log'), 'a');
  const child = spawn(binary, ['--config-body', JSON.stringify(config)], { stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('livekit-server answers', async () => (await fetch(`http://${address}:${port}/`)).ok, 30_000);
  return {
    signalUrl: `ws://${address}:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
