export { namesProxy, openAgent } from './agent.ts';
export { withoutSecrets } from './quoted-secrets.ts';
export { received } from './receive-buffers.ts';
export { type Tunnel, tunnelTo, UnusableProxy } from './tunnel.ts';
