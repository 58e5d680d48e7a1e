/** Free loopback ports, taken from the range that was given to this run. */
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';

const FIRST = Number(process.env.E2E_PORT_FIRST ?? 17900);
const COUNT = 80;
// Media sockets live 10 000 above and the relay's 1 000, so that one number names all.
const UDP_OFFSET = 10_000;
const RELAY_OFFSET = 1_000;
let next = FIRST + Math.floor(Math.random() * COUNT);

/** A TCP port whose UDP siblings (`udpSibling`, `relaySibling`) are free as well. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    next = FIRST + ((next + 1 - FIRST) % COUNT);
    if ((await tcpIsFree(next)) && (await udpIsFree(udpSibling(next))) && (await udpIsFree(relaySibling(next)))) return next;
  }
  throw new Error(`no free port in ${FIRST}..${FIRST + COUNT}`);
}

export const udpSibling = (tcpPort: number): number => tcpPort + UDP_OFFSET;

export const relaySibling = (tcpPort: number): number => tcpPort + RELAY_OFFSET;

function tcpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket('udp4');
    probe.once('error', () => resolve(false));
    probe.bind(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
