import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The machine has to have this program: no npm package that we use makes certificates. */
const OPENSSL = 'openssl';

/** Makes a self-signed certificate for loopback, and its key, as PEM files in a folder. */
export function makeCertificate(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
  execFileSync(OPENSSL, [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}
