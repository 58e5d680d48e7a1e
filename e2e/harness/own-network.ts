/** A network namespace with one address that is not loopback: Firefox refuses loopback candidates (RFC 8445 section 5.1.1.1).
 *  It ends with the processes in it, and they end with this one, however this one ends. */
import { spawn } from 'node:child_process';

/** Where the server's media is in that network. */
export const OWN_ADDRESS = '10.77.0.1';

const MARK = 'VISIO_OWN_NETWORK';
const SET_UP = [
  'ip link set lo up',
  'ip link add own type veth peer name other',
  `ip address add ${OWN_ADDRESS}/24 dev own`,
  'ip link set own up',
  'ip link set other up',
  // Firefox takes the address from which it would reach the internet.
  'ip route add default via 10.77.0.2 dev own',
  `export ${MARK}=1`,
  'exec "$@"',
].join(' && ');

export const isInOwnNetwork = (): boolean => process.env[MARK] !== undefined;

/** Runs this program again, in a network of its own; answers its exit status. */
export function runInOwnNetwork(program: string, args: string[]): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const isolated = ['--pdeathsig', 'KILL', 'unshare', ...asRoot, '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const node = [process.execPath, ...process.execArgv, program, ...args];
  const child = spawn('setpriv', [...isolated, 'sh', '-c', SET_UP, 'sh', ...node], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** What the above takes, for those who lack it. */
export const OWN_NETWORK_NEEDS = 'root or unprivileged user namespaces, and the Debian packages util-linux and iproute2';
