import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The machine has this program; no package of npm brings one that makes certificates. */
const OPENSSL = 'openssl';

/**
 * Makes a certificate of this machine's loopback that nobody else has signed, and its key, as PEM files in a
 * folder.
 */
export function makeCertificate(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
  execFileSync(OPENSSL, [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}
