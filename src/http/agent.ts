import { Agent } from 'undici';
import { intoReceiveBuffers } from './receive-buffers.ts';

/** How a server's TLS certificate is checked. */
interface Trust {
  readonly verify: boolean;
  /** The certificate authorities in PEM. If given, no others are trusted. */
  readonly ca: string | null;
}

/**
 * Opens an agent for connections to servers. It opens as many as are asked for, and uses no proxy. Times are
 * in milliseconds.
 */
export function openAgent({ verify, ca }: Trust): Agent {
  return new Agent({
    // Each lane is a connection of its own, and Glance's servers speak only HTTP/1.1.
    allowH2: false,
    // The environment may ask for undici's other parser, which reads all that waits in a socket at once.
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
