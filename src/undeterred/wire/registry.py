"""Every endpoint of the contract, in the order in which routes are tried."""

from types import ModuleType
from typing import Any

from undeterred.wire import (
    agents,
    allocations,
    auth,
    charts,
    checkpoints,
    cluster,
    commands,
    common,
    config_policies,
    containers,
    experiment_actions,
    experiment_files,
    experiment_search,
    experiments,
    failures,
    generic_tasks,
    groups,
    jobs,
    logs,
    metrics,
    model_versions,
    models,
    namespaces,
    notebooks,
    profiler,
    project_columns,
    projects,
    rbac,
    resource_pools,
    runs,
    shells,
    tasks,
    templates,
    tensorboards,
    tokens,
    trials,
    usage_reports,
    user_activity,
    user_settings,
    users,
    webhooks,
    workspaces,
)
from undeterred.wire.base import Endpoint

MODULES: tuple[ModuleType, ...] = (
    agents,
    allocations,
    auth,
    charts,
    checkpoints,
    cluster,
    commands,
    common,
    config_policies,
    containers,
    experiment_actions,
    experiment_files,
    experiment_search,
    experiments,
    failures,
    generic_tasks,
    groups,
    jobs,
    logs,
    metrics,
    model_versions,
    models,
    namespaces,
    notebooks,
    profiler,
    project_columns,
    projects,
    rbac,
    resource_pools,
    runs,
    shells,
    tasks,
    templates,
    tensorboards,
    tokens,
    trials,
    usage_reports,
    user_activity,
    user_settings,
    users,
    webhooks,
    workspaces,
)


def declared(*modules: ModuleType) -> list[Endpoint[Any, Any]]:
    """The endpoints that these modules declare, in their order."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Endpoint)]


def in_route_order(endpoints: list[Endpoint[Any, Any]]) -> tuple[Endpoint[Any, Any], ...]:
    """A word in a path is tried before a parameter in its place: `users/setting` before `users/{userId}`."""
    return tuple(sorted(endpoints, key=lambda e: [("{" in part, part if "{" not in part else "") for part in e.path.split("/")]))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = in_route_order(declared(*MODULES))
BY_NAME: dict[str, Endpoint[Any, Any]] = {e.name: e for e in ENDPOINTS}
