"""task_container_defaults of a pool or the cluster, as a layer of experiment configuration below the user's own."""

from typing import Any

from undeterred.config.environment import BIND_MOUNTS, DEVICES, ENVIRONMENT
from undeterred.config.fields import PBS, SLURM
from undeterred.config.logpolicies import LOG_POLICIES
from undeterred.config.schema import Field, Json, Kind, Record, Scalar

_IN_ENVIRONMENT = ("image", "environment_variables", "force_pull_image", "registry_auth", "add_capabilities", "drop_capabilities")
_ABOVE = ("bind_mounts", "slurm", "pbs", "log_policies", "preemption_timeout")
_POD = ENVIRONMENT.fields["pod_spec"]
_NUMBER = Field(Scalar("integer", least=0))

# Every word that master.yaml knows here; those that mean something only inside containers are kept and shown, and do nothing.
CONTAINER_DEFAULTS = Record(
    {
        "add_capabilities": ENVIRONMENT.fields["add_capabilities"],
        "bind_mounts": Field(BIND_MOUNTS),
        "checkpoint_gc_pod_spec": _POD,
        "cpu_pod_spec": _POD,
        "devices": Field(DEVICES),
        "dtrain_network_interface": Field(Scalar("string"), hidden=True),
        "drop_capabilities": ENVIRONMENT.fields["drop_capabilities"],
        "environment_variables": Field(ENVIRONMENT.fields["environment_variables"].kind, hidden=True),
        "force_pull_image": Field(Scalar("boolean"), hidden=True),
        "gpu_pod_spec": _POD,
        "image": Field(ENVIRONMENT.fields["image"].kind, hidden=True),
        "kubernetes": Field(Kind()),
        "log_policies": Field(LOG_POLICIES),
        "network_mode": Field(Scalar("string"), "bridge"),
        "pbs": Field(PBS, {}),
        "preemption_timeout": Field(Scalar("integer", least=0), 3600),
        "registry_auth": Field(ENVIRONMENT.fields["registry_auth"].kind, hidden=True),
        "shm_size_bytes": Field(Scalar("integer", least=0), 4 << 30),
        "slurm": Field(SLURM, {}),
        "startup_hook": Field(Scalar("string"), ""),
        "work_dir": Field(Scalar("string")),
    }
)


def layer(container_defaults: dict[str, Any], slots: int) -> dict[str, Json]:
    """What checked task_container_defaults say of an experiment whose trials take `slots` slots, in normal form."""
    told = CONTAINER_DEFAULTS.normal(container_defaults)
    environment = {name: told[name] for name in _IN_ENVIRONMENT if name in told}
    pod = told.get("gpu_pod_spec" if slots > 0 else "cpu_pod_spec")
    if pod is not None:
        environment["pod_spec"] = pod
    low: dict[str, Json] = {name: told[name] for name in _ABOVE if name in told}
    if environment:
        low["environment"] = environment
    if "devices" in told:
        low["resources"] = {"devices": told["devices"]}
    return low
