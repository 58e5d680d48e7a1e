/** A certificate that the server is given and one browser believes. */
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TestCertificate {
  private readonly folder = mkdtempSync(join(tmpdir(), 'visio-tls-'));
  private readonly file = join(this.folder, 'certificate.pem');
  private readonly key = join(this.folder, 'key.pem');

  constructor(address: string) {
    const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'];
    const names = ['-subj', '/CN=visio', '-addext', `subjectAltName=IP:${address}`];
    execFileSync('openssl', ['req', ...kind, ...names, '-keyout', this.key, '-out', this.file], { stdio: 'pipe' });
  }

  /** Settings of the server that has it. */
  get env(): Record<string, string> {
    return { VISIO_TLS__MODE: 'files', VISIO_TLS__CERTIFICATE: this.file, VISIO_TLS__KEY: this.key };
  }

  /** The flag of a Chromium that believes it, in pages and beside them. */
  get flag(): string {
    const key = new X509Certificate(readFileSync(this.file)).publicKey.export({ type: 'spki', format: 'der' });
    return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
