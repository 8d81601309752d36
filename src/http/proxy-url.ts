/** A user and a password. They MUST NOT get into a log. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads a proxy's address as an environment names it, with or without `http://`. Returns `null` if the text
 * is not an address.
 */
export function proxyUrl(named: string): URL | null {
  return URL.parse(named.includes('://') ? named : `http://${named}`);
}

/** Returns the credentials in an address; empty if there are none. */
export function credentialsOf(url: URL | null): Credentials {
  return { username: decoded(url?.username ?? ''), password: decoded(url?.password ?? '') };
}

/** Undoes percent-encoding. A text that is not valid percent-encoding, such as `50%`, stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
