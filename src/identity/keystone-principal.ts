import { type IssuedToken, type Keystone, rescope, revoke, type TokenFacts } from '../openstack/index.ts';
import { askKeystone } from './ask-keystone.ts';
import type { Principal } from './port.ts';

/**
 * The role that a user needs in a tenant to copy images there.
 * @see https://docs.openstack.org/keystone/latest/admin/service-api-protection.html
 */
const ROLE = 'member';

/**
 * Returns the owner of a valid token. Returns `null` if the token has no project, or if it has access rules,
 * which this service does not enforce.
 */
export function principalOf(keystone: Keystone, issued: IssuedToken): Principal | null {
  const { token, catalog, projectId, delegated, hasAccessRules } = issued;
  if (projectId === null || hasAccessRules) return null;
  return {
    tenant_id: projectId,
    may_copy: isMember(issued),
    credential: { token, catalog },
    async mayCopyInto(tenantId) {
      if (projectId === tenantId) return true;
      // By default, Keystone too refuses to rescope a delegated token, but its configuration can allow it.
      if (delegated) return false;
      const rescoped = await askKeystone((signal) => rescope(keystone, token, tenantId, signal));
      if (rescoped === null) return false;
      await askKeystone((signal) => revoke(keystone, rescoped.token, signal)).catch(() => {
        // A failure is harmless: the new token expires no later than the caller's own.
      });
      return rescoped.projectId === tenantId && isMember(rescoped);
    },
  };
}

function isMember({ roles }: TokenFacts): boolean {
  return roles.includes(ROLE);
}
