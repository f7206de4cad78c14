"""What a task runs in: images, environment variables, ports, pod spec, devices, mounts."""

import re
from typing import Any

from undeterred.config.schema import FILLED, Field, Free, Json, Kind, ListOf, MapOf, Record, Scalar, merge_free, type_problem

_DEVICES = ("cpu", "cuda", "rocm")
_TEAM = "determinedai"
DEFAULT_IMAGES = {
    "cpu": f"{_TEAM}/pytorch-ngc-dev:0736b6d",
    "cuda": f"{_TEAM}/pytorch-ngc-dev:0736b6d",
    "rocm": f"{_TEAM}/environments:rocm-5.6-pytorch-1.3-tf-2.10-rocm-mpich-0736b6d",
}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(?:b|([kmgtp])(?:i?b)?)?\Z", re.IGNORECASE)
_FIXED_BY_US = frozenset(
    {
        "image",
        "command",
        "args",
        "working_dir",
        "ports",
        "liveness_probe",
        "readiness_probe",
        "startup_probe",
        "lifecycle",
        "termination_message_path",
        "termination_message_policy",
        "image_pull_policy",
        "security_context",
    }
)


class _ByDevice(Kind):
    """One value for all of cpu, cuda and rocm, or a map of them; `gpu` is an old word for cuda."""

    types = "object"

    def __init__(self, what: type[str] | type[list[Any]], item: type | None, problem: str, default: dict[str, Any]) -> None:
        self.what, self.item, self.problem, self.default = what, item, problem, default

    def _one(self, value: Json) -> bool:
        if type(value) is not self.what:
            return False
        return self.item is None or all(type(item) is self.item for item in value)

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if value is None or self._one(value):
            return
        known = type(value) is dict and value.keys() <= {*_DEVICES, "gpu"}
        if not known or not all(item is None or self._one(item) for item in value.values()):
            out.append(f"{path}: {self.problem}")

    def normal(self, value: Json) -> Json:
        if type(value) is not dict:
            return dict.fromkeys(_DEVICES, value)
        made = {name: value[name] for name in _DEVICES if value.get(name) is not None}
        if "cuda" not in made and value.get("gpu") is not None:
            made["cuda"] = value["gpu"]
        return made

    def complete(self, value: Json, defaults: bool) -> Json:
        value = value or {}
        return {name: value.get(name, self.default[name] if defaults else None) for name in _DEVICES}


class _Variables(_ByDevice):
    def merge(self, high: Json, low: Json) -> Json:
        """The lower come first: a later variable wins in the task."""
        return {name: low.get(name, []) + high.get(name, []) for name in _DEVICES if name in low or name in high}


class _Images(_ByDevice):
    def merge(self, high: Json, low: Json) -> Json:
        return low | high


IMAGE = _Images(str, None, "is neither a string nor a map of cpu, cuda, or rocm to strings", DEFAULT_IMAGES)
VARIABLES = _Variables(
    list, str, "is neither a list of strings nor a map of cpu, cuda, or rocm to lists of strings", {name: [] for name in _DEVICES}
)


class PodSpec(Kind):
    """A Kubernetes pod, kept and shown; it means nothing to a task without containers."""

    types = "object"

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if value is None:
            return
        if type(value) is not dict:
            out.append(type_problem(path, self.expected(), value))
            return
        for name in ("metadata", "spec", "status"):
            if type(value.get(name)) not in (type(None), dict):
                out.append(type_problem(f"{path}.{name}", "object or null", value[name]))
        spec = value.get("spec")
        containers = spec.get("containers") if type(spec) is dict else None
        if type(containers) not in (type(None), list):
            out.append(type_problem(f"{path}.spec.containers", "array or null", containers))
            return
        for i, container in enumerate(containers or []):
            _check_container(container, f"{path}.spec.containers[{i}]", out)

    def merge(self, high: Json, low: Json) -> Json:
        return merge_free(high, low)

    def complete(self, value: Json, defaults: bool) -> Json:
        metadata = {"creationTimestamp": None} | (value.get("metadata") or {})
        spec = {"containers": None} | (value.get("spec") or {})
        return value | {"metadata": metadata, "spec": spec, "status": value.get("status") or {}}


def _check_container(container: Json, path: str, out: list[str]) -> None:
    if type(container) is not dict:
        out.append(type_problem(path, "object", container))
    elif container.get("name") == "determined-container":
        out += [
            f"{path}: {name} of the container determined-container is not configurable" for name in sorted(_FIXED_BY_US & container.keys())
        ]


class _Device(Kind):
    """{host_path, container_path, mode} or the text "host:container[:mode]"."""

    types = "object"

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is not str:
            _DEVICE.check(value, path, out, final)
        elif len(value.split(":")) not in (2, 3) or not all(value.split(":")):
            out.append(f"{path}: must be a device in the form host_path:container_path[:mode]")

    def normal(self, value: Json) -> Json:
        if type(value) is str:
            return dict(zip(("host_path", "container_path", "mode"), value.split(":"), strict=False))
        return _DEVICE.normal(value)

    def complete(self, value: Json, defaults: bool) -> Json:
        return _DEVICE.complete(value, defaults)


class _Memory(Scalar):
    """Bytes, or a text such as "4G" or "1.5 gb" (k, m, g… are powers of 1024), which becomes bytes."""

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is not str:
            super().check(value, path, out, final)
        elif not _MEMORY.match(value) or len(value) > 40:
            out.append(f"{path}: must be a valid memory size")

    def normal(self, value: Json) -> Json:
        matched = _MEMORY.match(value) if type(value) is str else None
        if matched is None:
            return value
        return int(float(matched[1]) * 1024 ** (" kmgtp".index(matched[2].lower()) if matched[2] else 0))

    def expected(self) -> str:
        return "integer or string or null"


def _absolute(path: str) -> str | None:
    return None if path.startswith("/") else "host_path must be an absolute path"


def _not_here(path: str) -> str | None:
    return 'container_path must not be "."' if path == "." else None


def _by(key: str) -> Any:
    """Join two lists: all of the higher, and those of the lower whose `key` is new."""

    def join(high: list[Any], low: list[Any]) -> list[Any]:
        seen = {item[key] for item in high}
        return high + [item for item in low if item[key] not in seen]

    return join


def _lower_first(high: list[Any], low: list[Any]) -> list[Any]:
    return low + high


_HOST = Field(Scalar("string", nullable=False), required=True)
_DEVICE = Record({"host_path": _HOST, "container_path": _HOST, "mode": Field(Scalar("string"), "mrw")}, nullable=False)
DEVICES = ListOf(_Device(), join=_by("container_path"))
BIND_MOUNT = Record(
    {
        "host_path": Field(Scalar("string", nullable=False, test=_absolute), required=True),
        "container_path": Field(Scalar("string", nullable=False, test=_not_here), required=True),
        "read_only": Field(Scalar("boolean"), False),
        "propagation": Field(Scalar("string"), "rprivate"),
    },
    nullable=False,
)
BIND_MOUNTS = ListOf(BIND_MOUNT, join=_by("container_path"))
_WORDS = ListOf(Scalar("string", nullable=False))
ARGUMENTS = ListOf(Scalar("string", nullable=False), join=_lower_first)
_PROXY_PORT = Record(
    {
        "proxy_port": Field(Scalar("integer", nullable=False), required=True),
        "proxy_tcp": Field(Scalar("boolean"), False),
        "unauthenticated": Field(Scalar("boolean"), False),
        "default_service_id": Field(Free(), False),
    },
    nullable=False,
)
_REGISTRY = Record(
    {
        name: Field(Scalar("string"), hidden=True)
        for name in ("username", "password", "auth", "email", "serveraddress", "identitytoken", "registrytoken")
    },
    atomic=True,
)
ENVIRONMENT = Record(
    {
        "image": Field(IMAGE, FILLED),
        "environment_variables": Field(VARIABLES, FILLED),
        "force_pull_image": Field(Scalar("boolean"), False),
        "registry_auth": Field(_REGISTRY),
        "ports": Field(MapOf(Scalar("integer")), {}),
        "proxy_ports": Field(ListOf(_PROXY_PORT, join=_by("proxy_port")), []),
        "add_capabilities": Field(_WORDS, []),
        "drop_capabilities": Field(_WORDS, []),
        "pod_spec": Field(PodSpec()),
    }
)
RESOURCES = Record(
    {
        "slots_per_trial": Field(Scalar("integer", least=0), 1),
        "max_slots": Field(Scalar("integer", least=0)),
        "weight": Field(Scalar("number", least=0), 1),
        "priority": Field(Scalar("integer", least=1, most=99)),
        "resource_pool": Field(Scalar("string"), ""),
        "shm_size": Field(_Memory("integer", least=0)),
        "devices": Field(DEVICES, []),
        "native_parallel": Field(Scalar("boolean"), False),
        "is_single_node": Field(Scalar("boolean")),
        "agent_label": Field(Free(), forgotten=True),
        "slots": Field(Scalar("integer"), hidden=True),
    }
)
