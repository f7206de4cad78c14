"""Write the first version of `src/undeterred/wire/` from the contract's messages.json and endpoints.json.

Run once: `python tools/wire_from_contract.py <contract folder> <output folder>`. From then on the modules are kept by hand; this stays as
the record of how they came to be, and helps when a newer contract arrives (write to another folder, compare).
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

PLACES = [  # (a pattern for "VERB path", the module); the first that fits
    (r"/auth/", "auth"),
    (r"/tokens", "tokens"),
    (r"/users/setting", "user_settings"),
    (r"/users/assignments|/groups", "groups"),
    (r"/users/activity|/user/projects", "user_activity"),
    (r"/users|/me$", "users"),
    (r"/permissions|/roles", "rbac"),
    (r"/resources/allocation", "usage_reports"),
    (r"/master|/health", "cluster"),
    (r"/agents", "agents"),
    (r"/resource-pools|available-resource-pools", "resource_pools"),
    (r"/k8s-|namespace|quota", "namespaces"),
    (r"/config-policies", "config_policies"),
    (r"/projects/\{projectId\}/experiments|/projects/experiments", "experiment_actions"),
    (r"/projects/\{id\}/(columns|metric-ranges)|/metadata/", "project_columns"),
    (r"/projects", "projects"),
    (r"/workspaces/\{", "workspaces"),
    (r"/experiments/\{experimentId\}/(model_def|file)", "experiment_files"),
    (r"/experiments-search|/preview-hp", "experiment_search"),
    (r"/metrics-stream|time-series", "charts"),
    (r"/experiments/.*(checkpoints)|/checkpoints/\{checkpointUuid\}$|/trials/\{id\}/checkpoints", "checkpoints"),
    (r"/experiments/\{experimentId\}/(validation|searcher)", "experiments"),
    (r"/experiments/\{experimentId\}/trials|/experiments/\{experimentId\}/metrics", "trials"),
    (r"/experiments/\{(id|experimentId)\}(/(activate|pause|cancel|kill|archive|unarchive|move))?$", "experiment_actions"),
    (r"/experiment", "experiments"),
    (r"logs|retain", "logs"),
    (r"profiler", "profiler"),
    (r"metrics|trial-source-info", "metrics"),
    (r"/trials", "trials"),
    (r"/runs", "runs"),
    (r"/allocations", "allocations"),
    (r"/generic-tasks|/tasks/\{taskId\}/(config|kill|pause|unpause)", "generic_tasks"),
    (r"/task", "tasks"),
    (r"/checkpoints", "checkpoints"),
    (r"/job-queues", "jobs"),
    (r"/template", "templates"),
    (r"/notebooks", "notebooks"),
    (r"/shells", "shells"),
    (r"/commands", "commands"),
    (r"/tensorboards", "tensorboards"),
    (r"/models/\{modelName\}/versions", "model_versions"),
    (r"/model", "models"),
    (r"/webhooks", "webhooks"),
    (r"/workspaces", "workspaces"),
]
NAMED = {  # endpoints that a path alone would misplace
    "GetExperiment": "experiments",
    "MetricBatches": "charts",
    "TrialsSnapshot": "charts",
    "TrialsSample": "charts",
    "GetTrialMetricsByModelVersion": "metrics",
    "GetTrialMetricsByCheckpoint": "metrics",
    "PutExperimentRetainLogs": "logs",
    "PutExperimentsRetainLogs": "logs",
    "MoveProject": "projects",
    "GetProjectNumericMetricsRange": "project_columns",
    "GetTaskAcceleratorData": "tasks",
}
HOMES = {  # where the messages of a proto package live when several modules need them
    "agent": "agents",
    "checkpoint": "checkpoints",
    "command": "commands",
    "common": "common",
    "container": "containers",
    "device": "containers",
    "experiment": "experiments",
    "group": "groups",
    "job": "jobs",
    "log": "logs",
    "master": "cluster",
    "metric": "metrics",
    "model": "models",
    "notebook": "notebooks",
    "project": "projects",
    "rbac": "rbac",
    "resourcepool": "resource_pools",
    "run": "runs",
    "shell": "shells",
    "task": "tasks",
    "template": "templates",
    "tensorboard": "tensorboards",
    "trial": "trials",
    "user": "users",
    "util": "common",
    "webhook": "webhooks",
    "workspace": "workspaces",
}
PLACED = {  # messages that their users alone would misplace
    "BulkExperimentFilters": "experiment_actions",
    "ExperimentActionResult": "experiment_actions",
    "Metrics": "metrics",
    "AcceleratorData": "tasks",
    "LaunchWarning": "common",
    "RunActionResult": "runs",
    "JobSummary": "jobs",
}
ABOUT = {
    "agents": "Agents and their slots: the machines of a cluster as people see and switch them.",
    "allocations": "Allocations: what a running task tells the master, and what it waits for (rendezvous, preemption, all-gather).",
    "auth": "Login, logout and who is asking.",
    "charts": "What the charts of an experiment ask for: series of several trials, samples and snapshots, names of metrics.",
    "checkpoints": "Checkpoints: reports, lists, metadata, removal.",
    "cluster": "The master itself: its description, configuration, log, message to all, and health.",
    "commands": "Commands: one interactive kind of task.",
    "common": "What several nouns share: paging, order, filters of fields, files, warnings of a launch.",
    "config_policies": "Config policies: constraints and invariant configuration of a workspace or of all.",
    "containers": "Containers and the devices in them, as agents and tasks show them.",
    "experiment_actions": "Verbs on one experiment and on many of a project: activate, pause, cancel, kill, archive, delete, move.",
    "experiment_files": "The model definition of an experiment: archive, tree and single files.",
    "experiment_search": "The experiment table's query, and what a search would run before it is created.",
    "experiments": "Experiments: create, read, list, patch, and the verbs on a single one.",
    "failures": "What an error looks like on the wire: one shape for calls, one for streams, one for the old routes.",
    "generic_tasks": "Generic tasks: create, configuration, kill, pause and go on.",
    "groups": "Groups of users.",
    "jobs": "The job queue: its lists, counts and the moves within it.",
    "logs": "Logs of trials and tasks: streams, fields to filter by, posts, retention.",
    "metrics": "Metrics: reports of a trial, and streams that read them back.",
    "model_versions": "Versions of a registered model.",
    "models": "The model registry.",
    "namespaces": "Kubernetes namespaces of workspaces: bindings, quotas, resource managers.",
    "notebooks": "Notebooks: one interactive kind of task.",
    "profiler": "System metrics of a trial's profiler.",
    "project_columns": "Columns and ranges that a project's tables offer.",
    "projects": "Projects, their notes, and what moves between them.",
    "rbac": "Roles, permissions and who has which, where.",
    "resource_pools": "Resource pools and the workspaces bound to them.",
    "runs": "Runs: the flat view of trials; search, verbs on many, metadata.",
    "shells": "Shells: one interactive kind of task.",
    "tasks": "Tasks: read, count, accelerators and context folder; the states that all kinds share.",
    "templates": "Templates of configuration.",
    "tensorboards": "Tensorboards: one interactive kind of task.",
    "tokens": "Access tokens.",
    "trials": "Trials: create, read, list, the life of a trial as its own process reports it.",
    "usage_reports": "Who used what: raw and aggregated allocation of resources.",
    "user_activity": "What a user looked at last.",
    "user_settings": "Settings that the web page keeps for a user.",
    "users": "Users: read, create, change, passwords.",
    "webhooks": "Webhooks, their triggers, and events sent by tasks.",
    "workspaces": "Workspaces: create, read, change, archive, pin, delete.",
}
SCALARS = {
    "string": ("str", '""'),
    "bool": ("bool", "False"),
    "int32": ("Int32", "0"),
    "uint32": ("UInt32", "0"),
    "int64": ("Int64", '"0"'),
    "uint64": ("UInt64", '"0"'),
    "double": ("Double", "0"),
    "float": ("Float", "0"),
    "bytes": ("bytes", 'b""'),
}
KNOWN = {
    "google.protobuf.Timestamp": "Instant",
    "google.protobuf.Struct": "Json",
    "google.protobuf.ListValue": "JsonList",
    "google.protobuf.BoolValue": "bool",
    "google.protobuf.StringValue": "str",
    "google.protobuf.Int32Value": "Int32",
    "google.protobuf.DoubleValue": "Double",
}


def class_name(short: str) -> str:
    """v1GetUserRequest -> GetUserRequest, experimentv1State -> ExperimentState, trialv1Trial -> Trial."""
    short = {"runtimeStreamError": "StreamError", "protobufFieldMask": "FieldMask"}.get(short, short)
    short = short[2:] if short.startswith("v1") else short
    if found := re.match(r"([a-z]+)v1([A-Z].*)", short):
        owner, rest = found.group(1).capitalize(), found.group(2)
        return rest if rest.startswith(owner) else owner + rest
    return short[:1].upper() + short[1:]


def constant(name: str) -> str:
    name = name.replace("RPs", "Rps").replace("IDs", "Ids")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


class Contract:
    def __init__(self, folder: Path) -> None:
        tables = json.loads((folder / "messages.json").read_text())
        self.messages: dict[str, Any] = {
            k: v for k, v in tables["messages"].items() if not k.startswith("google.") or k.endswith("FieldMask")
        }
        self.enums: dict[str, Any] = {k: v for k, v in tables["enums"].items() if not k.startswith("google.")}
        self.endpoints: list[Any] = json.loads((folder / "endpoints.json").read_text())["endpoints"]
        self.types = self.messages | self.enums
        self.names = {k: class_name(v["short"]) for k, v in self.types.items()}
        self.module: dict[str, str] = {}
        self.place()

    def parts(self, name: str) -> list[str]:
        """The message and enum types that a message names, in field order."""
        found = []
        for f in self.messages.get(name, {"fields": []})["fields"]:
            for t in (f["type"], f.get("map_value")):
                if t in self.types and t != name:
                    found.append(t)
        return found

    def place(self) -> None:
        users: dict[str, set[str]] = defaultdict(set)
        self.endpoint_module = {}
        for e in self.endpoints:
            where = NAMED.get(e["name"]) or next(m for p, m in PLACES if re.search(p, e["path"]))
            self.endpoint_module[e["name"]] = where
            for side in ("request", "response"):
                if e[side]:
                    self.mark(e[side]["type"], where, users, set())
        for name in self.types:
            package = name.split(".")[1] if name.startswith("determined.") else ""
            own = {
                self.endpoint_module[e["name"]] for e in self.endpoints for s in ("request", "response") if e[s] and e[s]["type"] == name
            }
            if self.names[name] in PLACED:
                self.module[name] = PLACED[self.names[name]]
            elif name.startswith(("gateway.", "echo.Error")):
                self.module[name] = "failures"
            elif own:
                self.module[name] = min(own)
            elif len(users[name]) == 1:
                self.module[name] = next(iter(users[name]))
            else:
                self.module[name] = HOMES.get(package, "common")

    def mark(self, name: str, where: str, users: dict[str, set[str]], seen: set[str]) -> None:
        if name in seen or name not in self.types:
            return
        seen.add(name)
        users[name].add(where)
        for part in self.parts(name):
            self.mark(part, where, users, seen)


def field_line(c: Contract, owner: str, f: dict[str, Any]) -> str:
    attribute = f.get("proto_name") or constant(f["name"])
    given = f' name="{f["name"]}",' if "proto_name" not in f and "_" in f["name"] else ""
    one = KNOWN.get(f["type"]) or SCALARS.get(f["type"], ("", ""))[0] or c.names.get(f["type"], "Json")
    if f["type"] == owner:
        one = f'"{one}"'
    if f.get("map"):
        value = f["map_value"]
        one = KNOWN.get(value) or SCALARS.get(value, ("", ""))[0] or c.names[value]
        return f"{attribute}: dict[str, {one}] = field({given}default_factory=dict)"
    if f["repeated"]:
        return f"{attribute}: list[{one}] = field({(given + ' ').lstrip()}default_factory=list)"
    if f.get("proto3_optional") or f.get("oneof"):
        return f"{attribute}: {one} | UnsetType = UNSET"
    if f["kind"] == "message" and not owner.startswith("gateway."):
        return f"{attribute}: {one} | None = None"
    if f["kind"] == "message":
        return f"{attribute}: {one}"
    if f["kind"] == "enum":
        return f"{attribute}: {one} = {one}.{c.enums[f['type']]['values'][0]['name']}"
    zero = SCALARS[f["type"]][1]
    return f"{attribute}: {one} = " + (f"field({given} default={zero})".replace("( ", "(") if given else zero)


def enum_text(c: Contract, name: str) -> str:
    values = c.enums[name]["values"]
    plain = all(v["number"] in (None, i) for i, v in enumerate(values))
    lines = [f'    {v["name"]} = "{v["name"]}"' + ("" if plain else f", {v['number']}") for v in values]
    return f"class {c.names[name]}(Enum):\n" + "\n".join(lines)


def message_text(c: Contract, name: str) -> str:
    m = c.messages[name]
    lines = [f"    {field_line(c, name, f)}" for f in m["fields"]]
    if m["oneofs"]:
        snake = {f["name"]: f["proto_name"] for f in m["fields"]}
        groups = ", ".join(f'"{k}": ({", ".join(chr(34) + snake[x] + chr(34) for x in v)})' for k, v in m["oneofs"].items())
        lines.insert(0, f"    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {{{groups}}}\n")
    return f"class {c.names[name]}(Message):\n" + ("\n".join(lines) or "    pass")


def endpoint_text(c: Contract, e: dict[str, Any]) -> str:
    request = c.names[e["request"]["type"]] if e["request"] else "HealthRequest"
    given = [json.dumps(e["name"]), json.dumps(e["method"]), json.dumps(e["path"]), request, c.names[e["response"]["type"]]]
    given.append(f"summary={json.dumps(e['summary'], ensure_ascii=False)}")
    tags = ", ".join(json.dumps(t) for t in e["tags"])
    given.append(f"tags=({tags}{',' if len(e['tags']) == 1 else ''})")
    if e["body"]:
        given.append(f"body={json.dumps('*' if e['body']['kind'] == 'message' else e['body']['field'])}")
    given += [f"{k}=True" for k, on in endpoint_flags(e).items() if on]
    return f"{constant(e['name'])} = Endpoint({', '.join(given)})"


def endpoint_flags(e: dict[str, Any]) -> dict[str, bool]:
    return {"query": bool(e["query_params"]), "streams": e["streaming"], "public": e["auth"] == "none", "deprecated": e["deprecated"]}


def ordered(c: Contract, names: list[str]) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        if name in done or name not in names:
            return
        for part in c.parts(name):
            visit(part)
        done.append(name)

    for name in names:
        visit(name)
    return done


def module_text(c: Contract, module: str) -> str:
    mine = [n for n in c.types if c.module[n] == module]
    endpoints = [e for e in c.endpoints if c.endpoint_module[e["name"]] == module]
    order: list[str] = []
    for n in [n for n in mine if not n.startswith("determined.api.v1.")]:
        order.append(n)
    for e in endpoints:
        order += [e[s]["type"] for s in ("request", "response") if e[s] and e[s]["type"] in mine]
    order += [n for n in mine if n not in order]
    emitted: list[str] = []
    blocks: list[str] = []

    def emit(name: str) -> None:
        for n in ordered(c, mine):
            if n in emitted or (n != name and n not in closure(c, name)):
                continue
            emitted.append(n)
            blocks.append(message_text(c, n) if n in c.messages else enum_text(c, n))

    for n in [n for n in order if not any(e[s] and e[s]["type"] == n for e in endpoints for s in ("request", "response"))]:
        emit(n) if not n.startswith("determined.api.v1.") else None
    if module == "cluster":
        blocks.append("class HealthRequest(Message):\n    pass")
    for e in endpoints:
        for s in ("request", "response"):
            if e[s] and e[s]["type"] in mine:
                emit(e[s]["type"])
        blocks.append(endpoint_text(c, e))
    for n in mine:
        emit(n)
    return header(c, module, blocks, mine, endpoints) + "\n\n\n".join(blocks) + "\n"


def closure(c: Contract, name: str) -> set[str]:
    seen: set[str] = set()
    todo = [name]
    while todo:
        for part in c.parts(todo.pop()):
            if part not in seen:
                seen.add(part)
                todo.append(part)
    return seen


def header(c: Contract, module: str, blocks: list[str], mine: list[str], endpoints: list[Any]) -> str:
    text = "\n".join(blocks)
    code = re.sub(r'"[^"\n]*"', '""', text)
    base = [
        w
        for w in ("Double", "Endpoint", "Enum", "Float", "Instant", "Int32", "Int64", "Json", "JsonList", "Message", "UInt32", "UInt64")
        if re.search(rf"\b{w}\b", code)
    ]
    lines = [f'"""{ABOUT.get(module, module.replace("_", " ").capitalize() + ".")}"""', ""]
    if "ClassVar" in code:
        lines += ["from typing import ClassVar", ""]
    needs = [w for w in ("UNSET", "UnsetType", "field") if re.search(rf"\b{w}\b", code)]
    if needs:
        lines += [f"from msgspec import {', '.join(needs)}", ""]
    lines.append(f"from undeterred.wire.base import {', '.join(base)}")
    outside: dict[str, set[str]] = defaultdict(set)
    for n in mine:
        for part in c.parts(n):
            if c.module[part] != module:
                outside[c.module[part]].add(c.names[part])
    for e in endpoints:
        for s in ("request", "response"):
            if e[s] and c.module[e[s]["type"]] != module:
                outside[c.module[e[s]["type"]]].add(c.names[e[s]["type"]])
    lines += [f"from undeterred.wire.{m} import {', '.join(sorted(outside[m]))}" for m in sorted(outside)]
    return "\n".join(lines) + "\n\n\n"


def cycles(c: Contract) -> list[str]:
    edges: dict[str, dict[str, str]] = defaultdict(dict)
    for n in c.types:
        for part in c.parts(n):
            if c.module[part] != c.module[n]:
                edges[c.module[n]][c.module[part]] = f"{c.names[n]} -> {c.names[part]}"
    left = set(edges)
    while ends := {m for m in left if not (set(edges[m]) & left)}:
        left -= ends
    return [f"{a} -> {b}: {edges[a][b]}" for a in sorted(left) for b in edges[a] if b in left]


def names_text(c: Contract) -> str:
    """The lines of PACKAGES in names.py: full names per package where they are not determined.api.v1.<class name>."""
    packages: dict[str, list[str]] = defaultdict(list)
    for full in c.types:
        found = re.match(r"(determined\.\w+\.v1|google\.protobuf|echo|gateway)\.(.*)", full)
        assert found
        package, rest = found.groups()
        if full != f"determined.api.v1.{c.names[full]}":
            packages[package].append(rest if rest.replace(".", "") == c.names[full] else f"{rest}={c.names[full]}")
    return "\n".join(f'    "{p}": "{" ".join(rest)}",' for p, rest in sorted(packages.items()))


def main() -> None:
    c, out = Contract(Path(sys.argv[1])), Path(sys.argv[2])
    for line in cycles(c):
        print("cycle:", line)
    (out / "names.txt").write_text(names_text(c))
    for module in sorted(set(c.module.values()) | set(c.endpoint_module.values())):
        text = module_text(c, module)
        (out / f"{module}.py").write_text(text)
        print(module, text.count("\n"), sum(m == module for m in c.endpoint_module.values()))


if __name__ == "__main__":
    main()
