import { join } from 'node:path';
import { run } from './run.ts';

/** A certificate that an authority has signed, and its key, as paths of PEM files. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for one test. */
export interface Authority {
  /** The path of the authority's own certificate. */
  readonly cert: string;
  /** Makes a certificate for loopback and for another host. `name` is the name of its files. */
  issue(name: string, host?: string): Promise<Issued>;
}

const NEW = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1'];

/** Makes an authority whose files are in this folder. */
export async function makeAuthority(folder: string): Promise<Authority> {
  const [cert, key] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
  await run('openssl', [...NEW, '-subj', '/CN=authority', '-keyout', key, '-out', cert]);
  return {
    cert,
    async issue(name, host = 'localhost') {
      const issued = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
      const names = ['-addext', `subjectAltName=DNS:${host},DNS:localhost,IP:127.0.0.1`];
      const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', cert, '-CAkey', key];
      const files = ['-keyout', issued.key, '-out', issued.cert];
      await run('openssl', [...NEW, '-subj', '/CN=localhost', ...names, ...leaf, ...files]);
      return issued;
    },
  };
}
