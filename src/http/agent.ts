import { Agent } from 'undici';
import { intoReceiveBuffers } from './receive-buffers.ts';

/** How a server's TLS certificate is checked. */
interface Trust {
  readonly verify: boolean;
  /** PEM; the only authorities, where it is given. */
  readonly ca: string | null;
}

/** Connections to servers: as many as are asked for, and no proxy. Times are in milliseconds. */
export function openAgent({ verify, ca }: Trust): Agent {
  return new Agent({
    // Lanes are connections of their own, and Glance's servers speak nothing else.
    allowH2: false,
    // undici's other parser, which the environment may ask for, wants all that waits in a socket at once.
    useMilo: false,
    connect: {
      timeout: 10_000,
      rejectUnauthorized: verify,
      ...(ca !== null && { ca }),
      onread: intoReceiveBuffers,
    },
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });
}
