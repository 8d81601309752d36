import { type IssuedToken, type Keystone, rescope, revoke, type TokenFacts } from '../openstack/index.ts';
import { asking } from './keystone-asking.ts';
import type { Principal } from './port.ts';

/**
 * What a tenant has to be to copy. @see
 * https://docs.openstack.org/keystone/latest/admin/service-api-protection.html
 */
const ROLE = 'member';

/**
 * The owner of a good token; `null` where it is for no project, or bound to rules that nobody here could
 * enforce.
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
      // Keystone refuses to rescope these; it is not to depend on its configuration.
      if (delegated) return false;
      const there = await asking((signal) => rescope(keystone, token, tenantId, signal));
      if (there === null) return false;
      await asking((signal) => revoke(keystone, there.token, signal)).catch(() => {
        // It ends when the caller's own does.
      });
      return there.projectId === tenantId && isMember(there);
    },
  };
}

function isMember({ roles }: TokenFacts): boolean {
  return roles.includes(ROLE);
}
