"""What runs: tasks, their allocations, what they print."""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import flag, instant, metadata, number, serial, text

tasks = Table(
    "tasks",
    metadata,
    text("id", key=True),
    text("type"),  # TRIAL, COMMAND, CHECKPOINT_GC, ...
    text("job_id", null=True),
    number("trial_id", null=True, to="trials.id"),
    number("experiment_id", null=True, to="experiments.id"),
    number("owner_id", null=True, to="users.id"),
    text("spec", null=True),  # JSON: what a task that is no trial runs
    text("state", null=True),  # of a generic task: ACTIVE, PAUSED, ...
    instant("started_at"),
    instant("ended_at", null=True),
    number("log_retention_days", null=True),
    flag("logs_removed"),  # they had expired
    Index(None, "trial_id"),
    Index(None, "logs_removed", "ended_at"),
)

allocations = Table(
    "allocations",
    metadata,
    text("id", key=True),  # <task id>.<run>
    text("task_id"),
    number("run"),
    text("job_id", null=True),
    text("state"),
    text("pool", ""),
    number("slots_wanted", 0),
    instant("requested_at"),
    instant("started_at", null=True),
    instant("ended_at", null=True),
    flag("is_ready"),
    text("said", null=True),  # RUNNING or WAITING: what a task says of itself before anybody has seen it start
    text("proxy_address", null=True),
    # where it runs
    number("epoch", 0),
    text("node_id", null=True),
    text("slot_ids", "[]"),  # JSON list of ints
    text("container_id", null=True),
    text("ports", "{}"),  # JSON: name -> port
    text("addresses", "[]"),  # JSON list
    # who may speak for it
    text("token_hash", null=True),  # SHA-256 of the task's session token; null once ended
    text("supervisor_hash", null=True),  # SHA-256 of the supervisor's key
    text("secrets", null=True),  # JSON: the tokens themselves, until the start is seen
    # what is wanted
    text("stop_kind", null=True),  # preempt | kill
    text("stop_reason", null=True),
    instant("stop_at", null=True),  # when it was asked for
    flag("preempt_acked"),
    instant("kill_at", null=True),  # when a preemption that is not obeyed becomes a kill
    # how it ended
    number("exit_code", null=True),
    text("failure", null=True),
    text("exit_reason", null=True),
    number("log_next", 0),  # supervisor log lines stored so far
    Index(None, "task_id", "run"),
    Index(None, "state"),
    Index(None, "token_hash"),
    Index(None, "job_id", "state"),
    Index(None, "ended_at"),  # reports of a span of time
)

accelerators = Table(
    "accelerators",
    metadata,
    serial(),
    text("allocation_id"),
    text("task_id", ""),
    text("container_id", ""),
    text("node_name", ""),
    text("kind", ""),
    text("uuids", "[]"),  # JSON list
    Index(None, "task_id"),
    Index(None, "allocation_id"),
)

# A row holds up to store.logs.CHUNK_MAX lines of one report: what they share is written once (docs/decisions/0010-task-logs.md).
task_logs = Table(
    "task_logs",
    metadata,
    serial(),
    text("task_id"),
    number("lines"),
    instant("first_at"),  # of the oldest line; 0 where it has none
    instant("last_at"),
    text("kinds"),  # JSON list of [allocation, agent, container, rank, level, stdtype, source]
    text("shape", null=True),  # JSON list: each line's kind; null where there is only one
    text("times"),  # RFC 3339 with six digits, a line each
    text("logs"),  # the lines' texts as JSON writes them, a line each, without the outermost quotes
    Index(None, "task_id", "id"),
    sqlite_autoincrement=True,
)

log_kinds = Table("log_kinds", metadata, text("task_id", key=True), text("kind", key=True))  # every kind of line that a task has had

log_matches = Table(
    "log_matches",
    metadata,
    serial(),
    text("task_id"),
    text("agent_id"),
    text("action"),  # cancel_retries | exclude_node | "" (only noted)
    text("pattern"),
    text("log"),  # the first line that matched, JSON
    UniqueConstraint("task_id", "agent_id", "action", "pattern"),
    sqlite_autoincrement=True,
)
