/** The server that gets certificates, and what a browser sees of it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { freePort } from '../harness/ports.ts';
import { type Server, startServer } from '../harness/server.ts';
import { until } from '../harness/waiting.ts';
import type { Pebble } from './pebble.ts';

/** What people type; Pebble's DNS leads every name to loopback. */
export const NAME = 'meet.example.test';

export interface Ports {
  http: number;
  tls: number;
  /** Nothing listens there. */
  closed: number;
}

export const choosePorts = async (): Promise<Ports> => ({ http: await freePort(), tls: await freePort(), closed: await freePort() });

/** Visio with `tls.mode = "acme"` at this authority. */
export function startSubject(pebble: Pebble, ports: Ports, env: Record<string, string> = {}): Promise<Server> {
  const own = {
    VISIO_SERVER__PUBLIC_URL: `https://${NAME}`,
    VISIO_TLS__MODE: 'acme',
    VISIO_TLS__LISTEN: `127.0.0.1:${ports.tls}`,
    VISIO_TLS__ACME__DIRECTORY: pebble.directory,
    VISIO_TLS__ACME__TERMS_AGREED: 'true',
    VISIO_TLS__ACME__CONTACT: 'admin@example.test',
    VISIO_TLS__ACME__ROOT: pebble.webRoot,
  };
  return startServer({ port: ports.http, env: { ...own, ...env } });
}

export interface Seen {
  serial: string;
  names: string;
  isSelfSigned: boolean;
  pem: string;
  /** Whether it and its chain are good for the name, for who believes in that root. */
  isBelieved: boolean;
}

/** The certificate that a handshake shows. */
export function look(ports: Ports, root: string, name = NAME): Promise<Seen> {
  return new Promise((resolve, reject) => {
    // Addresses are never named in a handshake (RFC 6066 section 3).
    const isAddress = /^[\d.]+$/.test(name);
    const options = { host: '127.0.0.1', port: ports.tls, ca: root, rejectUnauthorized: false, ...(isAddress ? {} : { servername: name }) };
    const socket = connect(options, () => {
      const certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
      resolve({
        serial: certificate.serialNumber,
        names: certificate.subjectaltname ?? '',
        isSelfSigned: certificate.subject.CN !== undefined && certificate.subject.CN === certificate.issuer.CN,
        pem: `-----BEGIN CERTIFICATE-----\n${certificate.raw.toString('base64')}\n-----END CERTIFICATE-----\n`,
        isBelieved: socket.authorized,
      });
      socket.end();
    });
    socket.once('error', reject);
  });
}

/** Waits until a certificate of the authority is shown, other than the one with that serial number. */
export async function given(pebble: Pebble, ports: Ports, former = '', timeoutMs = 20_000): Promise<Seen> {
  const root = await pebble.root();
  return until('a certificate of the authority is shown', async () => {
    const seen = await look(ports, root);
    return seen.isBelieved && seen.serial !== former ? seen : null;
  }, timeoutMs);
}

export const logOf = (server: Server): string => readFileSync(server.log ?? '', 'utf8');

/** Where the server keeps what belongs to TLS. */
export const tlsFolder = (server: Server): string => join(dirname(server.log ?? ''), 'data/tls');

export const readyText = async (server: Server): Promise<string> => (await fetch(`${server.url}/readyz`)).text();
