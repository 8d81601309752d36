import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** No package brings one that makes certificates. */
const OPENSSL = 'openssl';

/** Makes a certificate for `localhost` that nobody has signed, and its key: PEM files in a folder. */
export function makeCertificate(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
  execFileSync(OPENSSL, [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}
