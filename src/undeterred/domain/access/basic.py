"""Basic authorization (`security.authz.type: basic`): everybody sees and makes everything, a few things are for administrators,
a few for the owner or an administrator."""

from undeterred.domain.access.permissions import Permission as P

ADMIN_ONLY = frozenset(
    {
        P.ADMINISTRATE_USER,
        P.ADMINISTRATE_OAUTH,
        P.UPDATE_GROUP,
        P.UPDATE_AGENTS,
        P.UPDATE_MASTER_CONFIG,
        P.VIEW_MASTER_CONFIG,
        P.UPDATE_ROLES,
        P.ASSIGN_ROLES,
        P.MODIFY_RP_WORKSPACE_BINDINGS,
        P.MODIFY_GLOBAL_CONFIG_POLICIES,
        P.VIEW_CLUSTER_USAGE,
        P.ADMINISTRATE_TOKEN,
        P.CREATE_OTHER_TOKEN,
        P.VIEW_OTHER_TOKEN,
    }
)


def allows(permission: P, admin: bool) -> bool:
    """Whether a signed-in user may use calls that need `permission`, as far as the call alone decides."""
    return admin or permission not in ADMIN_ONLY


def owns(user_id: int, admin: bool, owner_id: int) -> bool:
    """Whether a user is a thing's owner or an administrator."""
    return admin or user_id == owner_id
