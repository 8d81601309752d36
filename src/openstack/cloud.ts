import { homedir } from 'node:os';
import type { Interface } from './catalog.ts';
import { type CloudKeys, flagOf, neededText, problem, readVariables, textOf } from './cloud-keys.ts';
import { readCloudsYaml } from './clouds-yaml.ts';

/** Says which cloud is used, and which of its regions and interfaces. */
export interface CloudOptions {
  /** A name in clouds.yaml; the default is `OS_CLOUD`, or the cloud of the other OS_* variables. */
  readonly cloud?: string;
  /** Overrides the region of the cloud's own configuration. */
  readonly region_name?: string;
  /** Overrides the interface of the cloud's own configuration. */
  readonly interface?: Interface;
}

/** How to sign in to a cloud, and where. It holds secrets and MUST NOT be logged. */
export interface Cloud {
  /** Keystone's address, which ends in `/v3`. */
  readonly authUrl: string;
  readonly credential: Credential;
  /** `null` for an application credential, which has a project of its own. */
  readonly project: { readonly id: string } | { readonly name: string; readonly domain: Domain } | null;
  readonly regionName: string | null;
  readonly interface: Interface;
  /** `true` if TLS certificates are checked. */
  readonly verify: boolean;
  /** Path of a PEM file with certificate authorities. */
  readonly cacert: string | null;
}

export type Domain = { readonly id: string } | { readonly name: string };
export type User = { readonly id: string } | { readonly name: string; readonly domain: Domain };
/** A credential of an account, with the field names of Keystone's API. */
export type Credential =
  | { readonly method: 'password'; readonly user: User; readonly password: string }
  | { readonly method: 'application_credential'; readonly id: string; readonly secret: string }
  | {
      readonly method: 'application_credential';
      readonly name: string;
      readonly user: User;
      readonly secret: string;
    };

/**
 * Reads the configuration of a cloud as openstacksdk does. A cloud with a name is read from clouds.yaml and
 * the secure.yaml beside it; without a name, the OS_* variables are read. clouds.yaml is the file that
 * `OS_CLIENT_CONFIG_FILE` names, or the first one that is found in `./`, `$XDG_CONFIG_HOME/openstack/`,
 * `~/.config/openstack/` and `/etc/openstack/`.
 * @throws CloudConfigError that names the file (or the environment) and the key
 * @see https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 */
export async function loadCloud(options: CloudOptions, env = process.env): Promise<Cloud> {
  const name = options.cloud ?? env.OS_CLOUD;
  const keys = name ? await readCloudsYaml(name, env) : readVariables(env);
  const insecure = flagOf(keys, 'verify') === false || flagOf(keys, 'insecure') === true;
  const cacert = textOf(keys, 'cacert');
  const credential = credentialOf(keys);
  return {
    authUrl: authUrlOf(keys),
    credential,
    project: credential.method === 'password' ? projectOf(keys) : null,
    regionName: options.region_name ?? textOf(keys, 'region_name'),
    interface: options.interface ?? interfaceOf(keys),
    verify: !insecure,
    cacert: cacert === null ? null : cacert.replace(/^~(?=\/)/, () => env.HOME ?? homedir()),
  };
}

function authUrlOf(keys: CloudKeys): string {
  const written = neededText(keys, 'auth_url');
  if (!/^https?:\/\//i.test(written) || !URL.canParse(written)) {
    throw problem(keys, 'auth_url', 'is not an http address');
  }
  const address = toVersion3(written);
  if (address === null) throw problem(keys, 'auth_url', 'names API v2.0, and v3 is needed');
  return address;
}

/** Returns a Keystone's address with `/v3` at its end, or `null` if the address names API v2. */
export function toVersion3(address: string): string | null {
  const base = address.replace(/\/+$/, '');
  if (/\/v2(\.\d+)?$/.test(base)) return null;
  return base.endsWith('/v3') ? base : `${base}/v3`;
}

function credentialOf(keys: CloudKeys): Credential {
  const written = textOf(keys, 'auth_type', 'auth_plugin');
  const type = written?.replace(/^v3/, '') ?? null;
  const id = textOf(keys, 'application_credential_id');
  const isApplication = id !== null || textOf(keys, 'application_credential_name') !== null;
  if (type === 'applicationcredential' || (type === null && isApplication)) {
    const method = 'application_credential';
    const secret = neededText(keys, 'application_credential_secret');
    if (id !== null) return { method, id, secret };
    return { method, name: neededText(keys, 'application_credential_name'), user: userOf(keys), secret };
  }
  if (type === null || type === 'password') {
    return { method: 'password', user: userOf(keys), password: neededText(keys, 'password') };
  }
  throw problem(keys, 'auth_type', `is '${written}'; use one of: v3password, v3applicationcredential`);
}

function userOf(keys: CloudKeys): User {
  const id = textOf(keys, 'user_id');
  return id === null ? { name: neededText(keys, 'username'), domain: domainOf(keys, 'user_domain') } : { id };
}

function projectOf(keys: CloudKeys): Cloud['project'] {
  const id = textOf(keys, 'project_id', 'tenant_id');
  if (id !== null) return { id };
  return { name: neededText(keys, 'project_name', 'tenant_name'), domain: domainOf(keys, 'project_domain') };
}

function domainOf(keys: CloudKeys, which: string): Domain {
  const id = textOf(keys, `${which}_id`);
  if (id !== null) return { id };
  const name = textOf(keys, `${which}_name`);
  if (name !== null) return { name };
  const shared = textOf(keys, 'default_domain_id', 'default_domain');
  return shared === null
    ? { name: neededText(keys, `${which}_name`, 'default_domain_name') }
    : { id: shared };
}

/** Reads `interface`, or its older form `endpoint_type` with values such as `publicURL`. */
function interfaceOf(keys: CloudKeys): Interface {
  const written = textOf(keys, 'interface', 'endpoint_type')?.replace(/URL$/, '') ?? 'public';
  if (written === 'public' || written === 'internal' || written === 'admin') return written;
  throw problem(keys, 'interface', `is '${written}'; use one of: public, internal, admin`);
}
