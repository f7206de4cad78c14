"""Bad input over HTTP: every declared call with garbage, every field of a create with what it does not want. Never a 5xx, never half a row."""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests.support.server import Server
from undeterred.wire.registry import ENDPOINTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

ODD: list[Any] = [
    None, True, -1, 0, 2**31, 2**63, 2**64, 1e300, 1.5, "", "x", "\x00", "é\ud800", "'; DROP TABLE users --", "../../etc/passwd", "1" * 5000,
    [], {}, [None], {"a": None}, [[]] * 50, [{}], {"id": {"id": []}}, "2024-05-01T12:00:00Z", "NaN", "%00", "STATE_ACTIVE", -(2**63),
]  # fmt: skip
PATHS = ["0", "1", "-1", "x", "99999999999999999999", "9223372036854775807", "%00", "é", "a b", "..%2f..", "'", "1" * 3000, "admin", "1.5"]
STREAM_QUERIES = "follow=false&periodSeconds=1&limit=2"


def test_every_call(serve: Callable[..., Server]) -> None:
    """Six tries a call, from its declaration: odd path values, odd queries, odd bodies, with and without a token."""
    seed = 20_240_501
    print(f"seed {seed}")
    chance, server = random.Random(seed), serve(slots=0)
    admin = server.token("admin")
    wrong, seen = [], Counter[int]()
    for endpoint in ENDPOINTS:
        for _ in range(6):
            path = "/".join(quote(chance.choice(PATHS), safe="%.") if part.startswith("{") else part for part in endpoint.path.split("/"))
            path += "?" + "&".join([STREAM_QUERIES, *(f"{name}={chance.choice(PATHS)}" for name in names(endpoint.request, chance))])
            body = odd(chance, endpoint.request) if endpoint.body else None
            token = admin if chance.random() < 0.9 else "nobody"
            status, answer = server.call(endpoint.verb, path.replace(" ", "%20").replace("é", "%C3%A9"), body, token)
            seen[status] += 1
            if (status >= 500 and status != 501) or "Traceback" in str(answer) or 'File "' in str(answer):
                wrong.append(f"{endpoint.name}: {endpoint.verb} {path[:200]} {json.dumps(body)[:300]} -> {status} {str(answer)[:300]}")
        admin = server.token("admin") if server.call("GET", "/api/v1/me", None, admin)[0] == 200 else fresh(server)
    print(dict(seen))
    assert min(seen[200], seen[400], seen[401], seen[404]) > 20, f"the garbage is all of one kind: {seen}"
    assert not wrong, f"{len(wrong)} calls:\n" + "\n".join(wrong[:40])


def fresh(server: Server) -> str:
    """A new token of the administrator's: the last one was ended by a call."""
    server._tokens.clear()
    return server.token("admin")


def names(request: type[Any], chance: random.Random) -> list[str]:
    fields = [field.encode_name for field in msgspec.structs.fields(request)]
    return chance.sample(fields, min(len(fields), 2))


def odd(chance: random.Random, request: type[Any]) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    return {field.encode_name: chance.choice(ODD) for field in msgspec.structs.fields(request) if chance.random() < 0.6}


GOOD_CONFIG: dict[str, Any] = {
    "name": "x", "entrypoint": "true", "searcher": {"name": "single", "metric": "loss", "max_length": 1}, "max_restarts": 1,
    "description": "", "labels": ["a"], "hyperparameters": {"lr": 0.1}, "resources": {"slots_per_trial": 1, "priority": 42},
    "environment": {"environment_variables": ["A=b"], "image": "x"}, "checkpoint_storage": {"type": "shared_fs", "host_path": "/tmp"},
    "workspace": "Uncategorized", "project": "Uncategorized", "reproducibility": {"experiment_seed": 1}, "data": {"a": 1},
    "bind_mounts": [{"host_path": "/tmp", "container_path": "/x"}], "log_policies": [{"pattern": "x", "action": "cancel_retries"}],
    "min_validation_period": {"batches": 1}, "profiling": {"enabled": False}, "integrations": None, "preemption_timeout": 5,
}  # fmt: skip
TABLES = ("experiments", "trials", "tasks", "allocations", "jobs", "searches")


def rows(server: Server) -> dict[str, int]:
    with closing(sqlite3.connect(server.data / "undeterred.db")) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def test_every_field_of_a_config(serve: Callable[..., Server]) -> None:
    """A refused create leaves no row anywhere; an accepted one is whole."""
    server, wrong = serve(slots=0), []
    for name, good in GOOD_CONFIG.items():
        for value in [*ODD, *({key: one} for one in ODD[:8] for key in dict_keys(good))]:
            config = json.dumps(GOOD_CONFIG | {name: value})
            before = rows(server)
            status, answer = server.call("POST", "/api/v1/experiments", {"config": config, "activate": False})
            after = rows(server)
            if status not in (200, 400, 403, 404) or (status != 200 and after != before) or "Traceback" in str(answer):
                wrong.append(f"{name}={json.dumps(value)[:80]} -> {status} {str(answer)[:300]}")
            if status == 200 and any(after[t] != before[t] + 1 for t in ("experiments", "trials", "tasks", "jobs")):
                wrong.append(f"{name}={json.dumps(value)[:80]} -> half a row: {before} {after}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:30])


def dict_keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def test_broken_yaml_names_its_line(serve: Callable[..., Server]) -> None:
    server = serve(slots=0)
    status, answer = server.call("POST", "/api/v1/experiments", {"config": "name: x\nsearcher: {name: single\nmax: ]\n"})
    assert status == 400
    assert "line 3" in str(answer), answer


def test_model_definitions(serve: Callable[..., Server]) -> None:
    """Names that leave the folder, kinds that are no files, sizes that lie, counts without end."""
    server, config = serve(slots=0), json.dumps({key: GOOD_CONFIG[key] for key in ("name", "entrypoint", "searcher")})
    bad: list[list[dict[str, Any]]] = [
        *([{"path": path, "type": 48, "content": "eA==", "mode": 0o644}] for path in ("../x", "/etc/x", "a/../../x", "", "..", "a\x00b")),
        *([{"path": "x", "type": kind, "content": "L2V0Yw==", "mode": 0o644}] for kind in (49, 50, 51, 52, 54, 99, -1)),
        [{"path": "x", "type": 48, "content": "not base64!", "mode": 0o644}],
        [{"path": f"d{i}/x", "type": 48, "content": "", "mode": 0o644} for i in range(200_001)],
        [{"path": "/".join(["d"] * 5000), "type": 48, "content": "", "mode": 0o644}],
    ]
    wrong, before = [], rows(server)
    for files in bad:
        status, answer = server.call("POST", "/api/v1/experiments", {"config": config, "modelDefinition": files, "activate": False})
        if not 400 <= status < 500:
            wrong.append(f"{len(files)} files, first {str(files[0])[:100]} -> {status} {str(answer)[:200]}")
    assert not wrong, "\n".join(wrong)
    assert rows(server) == before
