"""master.yaml: layers, refusals, what is shown."""

from typing import Any

import pytest

from tests.config import contract
from undeterred.config import master
from undeterred.errors import InvalidArgument

PASSWORD = "Det-Test-1234"
SETTINGS = f"""
checkpoint_storage: {{type: shared_fs, host_path: /tmp, storage_path: determined-cp}}
security: {{initial_user_password: {PASSWORD}}}
"""


def load(text: str | None = None, environ: dict[str, str] | None = None, **flags: Any) -> master.MasterConfig:
    return master.load(text, environ or {}, flags)


def refusal(text: str, **environ: str) -> str:
    with pytest.raises(InvalidArgument) as caught:
        load(text, environ)
    assert caught.value.text.startswith(("master configuration: ", "UNDETERRED_"))
    return caught.value.text.removeprefix("master configuration: ")


def test_defaults() -> None:
    config = load()
    assert (config.port, config.host, config.slots, config.db_url) == (8080, "127.0.0.1", None, "")
    assert [one.pool_name for one in config.resource_pools] == ["default"]
    assert config.security.initial_user_password == ""
    assert config.data == "~/.local/share/undeterred"
    assert load(None, {"XDG_DATA_HOME": "/x"}).data == "/x/undeterred"
    assert load("db: null\nsecurity: {authz: null}\n") == config
    assert load("") == load("# nothing\n") == config


def test_flags_before_environment_before_file() -> None:
    text = "port: 1\nhost: file\ndata: /file\nsecurity: {initial_user_password: file}\n"
    environ = {
        "UNDETERRED_PORT": "2",
        "UNDETERRED_HOST": "env",
        "UNDETERRED_SECURITY_INITIAL_USER_PASSWORD": "010",
        "UNDETERRED_ISOLATION": "x",
    }
    config = load(text, environ, port=3, slots=None)
    assert (config.port, config.host, config.data, config.slots) == (3, "env", "/file", None)
    assert config.security.initial_user_password == "010"
    assert load(None, {"UNDETERRED_SLOTS": "0"}).slots == 0
    assert load(None, {"UNDETERRED_FEATURE_SWITCHES": "[a, b]"}).feature_switches == ("a", "b")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prot: 1", "prot: unknown word; did you mean `port`?"),
        ("xyzzy: 1", "xyzzy: unknown word"),
        ("security: {initial_pasword: x}", "security.initial_pasword: unknown word; did you mean `initial_user_password`?"),
        ("resource_pools: [{pool_name: default, shceduler: {}}]", "resource_pools[0].shceduler: unknown word; did you mean `scheduler`?"),
        (
            "task_container_defaults: {preemption_timout: 3}",
            "task_container_defaults.preemption_timout: unknown word; did you mean `preemption_timeout`?",
        ),
        ("checkpoint_storage: {type: s3, bukket: b}", "checkpoint_storage.bukket: unknown word; did you mean `bucket`?"),
        ("checkpoint_storage: {type: s3}", "checkpoint_storage: bucket is a required property"),
        ("checkpoint_storage: 7", "checkpoint_storage: expected object or null, but got number"),
        ("port: x", "port: expected integer, got string"),
        ("port: 65536", "port: expected integer <= 65535"),
        ("slots: -1", "slots: expected integer >= 0"),
        ("log: [1]", "log: expected map, got list"),
        ("log: {level: loud}", "log.level: invalid enum value 'loud' (it is one of trace, debug, info, warn, error, fatal)"),
        ("environments: {a: 5}", "environments.a: expected string"),
        ("resource_pools: [5]", "resource_pools[0]: expected map, got integer"),
        ("resource_pools: [{description: x}]", "resource_pools[0]: object missing required field pool_name"),
        (
            "resource_manager: {scheduler: {type: round_robin}}",
            "resource_manager.scheduler.type: invalid enum value 'round_robin' (it is one of priority, fair_share)",
        ),
        ("saml: {enabled: true}", "saml: not built in Undeterred"),
        ("security: {tls: {cert: c, key: k}}", "security.tls: not built in Undeterred"),
        ("resource_pools: [{pool_name: a}]", "resource_manager.default_aux_resource_pool: resource_pools has no pool `default` (it has a)"),
        ("resource_pools: [{pool_name: default}, {pool_name: default}]", "resource_pools: the pool `default` is there twice"),
        ("[1]", "the file must be a map"),
        ("a: [", "not valid YAML: line 2, column 1"),
    ],
)
def test_refusals(text: str, line: str) -> None:
    assert line in refusal(text)


def test_every_unknown_word_is_named_at_once() -> None:
    assert refusal("prot: 1\ndb: {hots: x}\n").splitlines() == [
        "db.hots: unknown word; did you mean `host`?",
        "prot: unknown word; did you mean `port`?",
    ]
    assert "UNDETERRED_PORT" in refusal("", UNDETERRED_PORT="[")
    with pytest.raises(InvalidArgument, match="did you mean `port`"):
        load(None, prot=1)


def test_limits_of_tasks() -> None:
    assert load().task_limits.told == {}
    config = load("task_limits: {nofile: 4096, as: 1000000, core: 0}", {"UNDETERRED_TASK_LIMITS_PIDS": "64"})
    assert config.task_limits.told == {"nofile": 4096, "as": 1000000, "core": 0, "pids": 64}
    assert refusal("task_limits: {memory: 1}") == "task_limits.memory: unknown word; did you mean `memory_bytes`?"
    assert refusal("task_limits: {cpus: 0}") == "task_limits.cpus: expected integer >= 1"


@pytest.mark.parametrize(
    "text",
    [
        "security: {authz: {type: rbac}}",
        "resource_manager: {scheduler: {type: fair_share}}",
        "resource_pools: [{pool_name: default, scheduler: {type: fair_share}}]",
    ],
)
def test_what_is_not_built_is_refused(text: str) -> None:
    assert "not built" in refusal(text)


def test_store_url() -> None:
    assert load("db: {url: 'postgresql://u:p@h/x'}").db_url == "postgresql://u:p@h/x"
    assert load("db: {host: h, user: u, password: 'p@', name: d}").db_url == "postgresql://u:p%40@h:5432/d?sslmode=disable"


def test_pools() -> None:
    config = load(
        "task_container_defaults: {image: all, bind_mounts: [{host_path: /a, container_path: /a}]}\n"
        "resource_pools:\n- pool_name: default\n"
        "- {pool_name: second, description: d, max_aux_containers_per_agent: 7, scheduler: {type: priority, fitting_policy: worst},"
        " task_container_defaults: {image: own, preemption_timeout: 5}}\n"
        "- {pool_name: third, scheduler: {type: priority, default_priority: 10, preemption: true}}\n"
    )
    assert [master.scheduler(config, name).fitting_policy for name in ("default", "second", "third")] == ["best", "worst", "best"]
    assert [master.scheduler(config, name).default_priority for name in ("default", "third", "no such")] == [42, 10, 42]
    assert master.container_defaults(config, "default")["preemption_timeout"] == 3600
    second = master.container_defaults(config, "second")
    assert (second["image"]["cpu"], second["preemption_timeout"], second["bind_mounts"]) == (
        "own",
        5,
        [{"host_path": "/a", "container_path": "/a"}],
    )
    shown = master.masked(config)["resource_pools"]
    assert "scheduler" not in shown[0]
    assert shown[1]["scheduler"]["fitting_policy"] == "worst"


def test_storage_under_the_data_folder() -> None:
    assert master.storage(load(), "/d") == {"type": "shared_fs", "host_path": "/d/checkpoints"}
    assert master.storage(load(SETTINGS), "/d")["host_path"] == "/tmp"


def test_secrets_are_not_shown() -> None:
    shown = master.masked(
        load(
            f"{SETTINGS}webhooks: {{signing_key: hush}}\ndb: {{url: 'postgresql://u:hush@h/x', password: hush}}\n"
            "task_container_defaults: {registry_auth: {username: u, password: hush}}\n"
            "telemetry: {segment_master_key: hush}\n".replace("type: shared_fs", "type: shared_fs")
        )
    )
    assert "hush" not in str(shown)
    assert PASSWORD not in str(shown)
    assert shown["security"]["initial_user_password"] == "********"
    assert master.masked(load())["security"]["initial_user_password"] == ""
    s3 = master.masked(load("checkpoint_storage: {type: s3, bucket: b, access_key: hush, secret_key: hush}"))["checkpoint_storage"]
    assert (s3["bucket"], s3["secret_key"]) == ("b", "********")


@contract.needed
def test_shown_as_recorded() -> None:
    steps = [step for step in contract.steps("cluster") if step["call"] == "GET /api/v1/master/config" and step["status"] == 200]
    want = steps[0]["answer"]["config"]
    got = master.masked(load(SETTINGS))
    assert got.keys() == want.keys()
    assert {name: got[name] for name, value in want.items() if value != "<any>" and name != "webhooks"} == {
        name: value for name, value in want.items() if value != "<any>" and name != "webhooks"
    }
    assert got["webhooks"].keys() == want["webhooks"].keys()
