"""What scheduling and launching read: allocations with their job's place in the queue, and all that a trial's process is told."""

import msgspec

from undeterred.store.db import Tx


class AskRow(msgspec.Struct, frozen=True):
    """A live allocation as the scheduler sees it; `slot_ids` is JSON; `task_type` says whether it can be preempted."""

    id: str
    job_id: str
    state: str
    pool: str
    slots_wanted: int
    requested_at: int
    node_id: str | None
    slot_ids: str
    stop_kind: str | None
    priority: int
    position: int
    task_type: str


class LaunchRow(msgspec.Struct, frozen=True):
    """An allocation with its task, owner and (for a trial) experiment and workspace. JSON: groups, `secrets`, `ports`, `slot_ids`, `spec`,
    `config`, `hparams`. `continued`: 1 where the trial had a task before, which a continued experiment's has."""

    id: str
    task_id: str
    run: int
    state: str
    pool: str
    node_id: str
    slot_ids: str
    container_id: str
    ports: str
    secrets: str | None
    epoch: int
    task_type: str
    spec: str | None
    username: str
    agent_user_group: str | None
    workspace_group: str | None
    experiment_id: int | None
    config: str | None
    trial_id: int | None
    hparams: str | None
    seed: int | None
    latest_checkpoint: str | None
    warm_start: str | None
    continued: int


def asks(tx: Tx) -> list[AskRow]:
    """Every live allocation."""
    return tx.all(
        AskRow,
        "SELECT a.id, COALESCE(a.job_id, a.id), a.state, a.pool, a.slots_wanted, a.requested_at, a.node_id, a.slot_ids, a.stop_kind,"
        " COALESCE(j.priority, 42), COALESCE(j.position, a.requested_at), t.type FROM allocations a JOIN tasks t ON t.id = a.task_id"
        " LEFT JOIN jobs j ON j.id = a.job_id WHERE a.state <> 'TERMINATED'",
    )


def assigned(tx: Tx) -> list[LaunchRow]:
    """Allocations that have a place and whose start has not been seen."""
    return tx.all(
        LaunchRow,
        "SELECT a.id, a.task_id, a.run, a.state, a.pool, a.node_id, a.slot_ids, a.container_id, a.ports, a.secrets, a.epoch, k.type, k.spec,"
        " u.username, u.agent_user_group, w.agent_user_group, k.experiment_id, e.config, k.trial_id, t.hparams, t.seed, t.latest_checkpoint, t.warm_start,"
        " CASE WHEN EXISTS (SELECT 1 FROM tasks o WHERE o.trial_id = k.trial_id AND o.id <> k.id) THEN 1 ELSE 0 END"
        " FROM allocations a JOIN tasks k ON k.id = a.task_id JOIN users u ON u.id = k.owner_id"
        " LEFT JOIN experiments e ON e.id = k.experiment_id LEFT JOIN trials t ON t.id = k.trial_id"
        " LEFT JOIN projects p ON p.id = e.project_id LEFT JOIN workspaces w ON w.id = p.workspace_id"
        " WHERE a.state = 'ASSIGNED' ORDER BY a.started_at, a.id",
    )


def checkpoint_steps(tx: Tx, uuid: str) -> int:
    """The steps that a checkpoint holds; 0 for one we do not know."""
    return int(tx.value("SELECT batches FROM checkpoints WHERE uuid = :uuid", uuid=uuid) or 0)
