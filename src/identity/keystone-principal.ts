import { type IssuedToken, type Keystone, rescope, revoke, type TokenFacts } from '../openstack/index.ts';
import { asking } from './keystone-asking.ts';
import type { Principal } from './port.ts';

/**
 * The role that a user must have in a tenant to copy images there.
 * @see https://docs.openstack.org/keystone/latest/admin/service-api-protection.html
 */
const ROLE = 'member';

/**
 * Returns the owner of a good token. Returns `null` if the token is for no project, or if it is bound to
 * access rules, which nobody here could enforce.
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
      // Keystone refuses to rescope these by default. This line makes sure of it, whatever Keystone's
      // configuration.
      if (delegated) return false;
      const there = await asking((signal) => rescope(keystone, token, tenantId, signal));
      if (there === null) return false;
      await asking((signal) => revoke(keystone, there.token, signal)).catch(() => {
        // The new token ends with the caller's own at the latest.
      });
      return there.projectId === tenantId && isMember(there);
    },
  };
}

function isMember({ roles }: TokenFacts): boolean {
  return roles.includes(ROLE);
}
