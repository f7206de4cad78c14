"""From an allocation's row to the facts its process is told."""

import json
from typing import Any

import msgspec

from undeterred.config import master as master_config
from undeterred.config.master_words import DefaultTask
from undeterred.domain.launch.facts import Environment, Ports, SlotFacts, TaskFacts
from undeterred.domain.search import searcher
from undeterred.domain.search.values import Create
from undeterred.services.scheduling import Secrets
from undeterred.services.settings import Settings
from undeterred.store import launches, nodes
from undeterred.store.db import Tx
from undeterred.store.launches import LaunchRow
from undeterred.terms import TaskType


class Start(msgspec.Struct, frozen=True):
    """A start that is due: the row, the configuration it runs (merged, with secrets), and what it must be told."""

    row: LaunchRow
    config: dict[str, Any]
    secrets: Secrets
    slots: list[SlotFacts]
    steps_completed: int
    latest_checkpoint: str | None


def due(tx: Tx) -> list[Start]:
    """Every allocation that has a place and has not been seen to start."""
    return [_start(tx, row) for row in launches.assigned(tx) if row.secrets is not None]


def facts(start: Start, settings: Settings, environment: Environment, address: str) -> TaskFacts:
    """All that the process of a start is told."""
    row, user = start.row, runs_as(start.row.workspace_group, start.row.agent_user_group, settings.config.security.default_task)
    trial = row.task_type == TaskType.TRIAL
    return TaskFacts(
        task_type=row.task_type,
        master_url=settings.url,
        master_file=str(settings.data / "master.json"),
        master_id=settings.master_id,
        cluster_id=settings.cluster_id,
        agent_id=row.node_id,
        address=address,
        task_id=row.task_id,
        allocation_id=row.id,
        container_id=row.container_id,
        resources_id=row.container_id,
        epoch=row.epoch,
        key=start.secrets.key,
        session_token=start.secrets.token,
        user_token=start.secrets.token,
        username=row.username,
        slots=start.slots,
        ports=msgspec.json.decode(row.ports, type=Ports),
        experiment_id=row.experiment_id,
        trial_id=row.trial_id,
        run_id=row.run if trial else None,
        seed=row.seed,
        hparams=hparams_of(row),
        steps_completed=start.steps_completed,
        latest_checkpoint=start.latest_checkpoint,
        environment=environment,
        uid=user.get("agentUid"),
        gid=user.get("agentGid"),
        user=user.get("agentUser", ""),
        limits=settings.config.task_limits.told,
        defaults=master_config.container_defaults(settings.config, row.pool),
    )


def hparams_of(row: LaunchRow) -> dict[str, Any] | None:
    """The hyperparameters that a trial's process is given: the trial's, but those of the configuration as it is now where an experiment with
    one trial goes on, perhaps with others. The trial goes on to show those that it began with."""
    if row.hparams is None:
        return None
    config = json.loads(row.config or "{}")
    if row.continued and (config.get("searcher") or {}).get("name") == "single":
        _state, actions = searcher.start(config, config["reproducibility"]["experiment_seed"])
        return next(action.hparams for action in actions if isinstance(action, Create))
    found: dict[str, Any] = json.loads(row.hparams)
    return found


def runs_as(workspace: str | None, owner: str | None, default: DefaultTask) -> dict[str, Any]:
    """The node's user that a task runs as (an agent user group's facts): the workspace's, else the owner's, else that of
    `security.default_task`; empty where none of them is set: the master's own."""
    for text in (workspace, owner):
        group: dict[str, Any] = json.loads(text or "{}")
        if group.get("agentUser"):
            return group
    if default == DefaultTask():
        return {}
    return {"agentUid": default.uid, "agentGid": default.gid, "agentUser": default.user, "agentGroup": default.group}


def image_of(start: Start) -> str | None:
    """The image that the configuration names for the kind of slots it got."""
    image = (start.config.get("environment") or {}).get("image")
    if isinstance(image, dict):
        kind = start.slots[0].kind if start.slots else "cpu"
        image = image.get(kind)
    return image


def _start(tx: Tx, row: LaunchRow) -> Start:
    node = nodes.one(tx, row.node_id)
    by_id = {int(s["id"]): s for s in json.loads(node.slots)} if node is not None else {}
    slots = [SlotFacts(i, by_id.get(i, {}).get("kind", "cpu"), by_id.get(i, {}).get("uuid", "")) for i in json.loads(row.slot_ids)]
    checkpoint = row.latest_checkpoint or row.warm_start
    # a warm start begins at step 0; a run's own checkpoint goes on from its step
    steps = launches.checkpoint_steps(tx, row.latest_checkpoint) if row.latest_checkpoint else 0
    config = json.loads(row.spec or row.config or "{}")
    secrets = msgspec.json.decode(row.secrets or b"null", type=Secrets)
    return Start(row, config, secrets, slots, steps, checkpoint)
