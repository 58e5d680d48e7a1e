/** The network of a guest behind a firewall: a namespace beside that of the server, which lets out what a story says. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXECUTABLE } from './browser.ts';

/** Where the guest finds the server. */
export const SERVER_ADDRESS = '10.79.0.1';

const GUEST_ADDRESS = '10.79.0.2';
const DEVICE = 'guests';
// The last one is no end of a range to the kernel.
const LAST_PORT = 65_534;

export class GuestNetwork {
  /** A program that starts Chromium in this network. */
  readonly executable: string;

  private constructor(
    private readonly holder: ChildProcess,
    private readonly folder: string,
  ) {
    this.executable = join(folder, 'chromium.sh');
    writeFileSync(this.executable, `#!/bin/sh\nexec nsenter ${this.namespace} '${EXECUTABLE}' "$@"\n`);
    chmodSync(this.executable, 0o755);
  }

  /** Takes a network that is this run's own (own-network.ts). */
  static async open(): Promise<GuestNetwork> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo there; exec sleep infinity'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const network = new GuestNetwork(holder, mkdtempSync(join(tmpdir(), 'visio-guest-')));
    ip(`link add ${DEVICE} type veth peer name web netns ${holder.pid}`);
    ip(`address add ${SERVER_ADDRESS}/24 dev ${DEVICE}`);
    ip(`link set ${DEVICE} up`);
    for (const words of ['link set lo up', `address add ${GUEST_ADDRESS}/24 dev web`, 'link set web up', `route add default via ${SERVER_ADDRESS}`]) {
      execFileSync('nsenter', [network.namespace, 'ip', ...words.split(' ')]);
    }
    // The kernel looks for its own addresses first; the rules of a firewall must come before that.
    ip('rule add pref 100 lookup local');
    ip('rule del pref 0');
    return network;
  }

  /** Drops all from here but what is for one TCP port. */
  letOutOnly(port: number): void {
    for (const what of ['udp', `tcp dport 1-${port - 1}`, `tcp dport ${port + 1}-${LAST_PORT}`]) {
      ip(`rule add pref 10 iif ${DEVICE} ipproto ${what} blackhole`);
    }
  }

  close(): void {
    this.holder.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get namespace(): string {
    return `--net=/proc/${this.holder.pid}/ns/net`;
  }
}

const ip = (words: string): void => void execFileSync('ip', words.split(' '));
