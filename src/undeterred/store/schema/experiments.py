"""Experiments, the job that queues them, their search, their uploaded files.

Lists of experiments are found by `services.experiment_index`, not by indexes on every column that they can be sorted by.
"""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import blob, flag, instant, metadata, number, real, serial, text

jobs = Table(
    "jobs",
    metadata,
    text("id", key=True),
    text("type"),  # EXPERIMENT, COMMAND, CHECKPOINT_GC, ...
    number("owner_id", to="users.id"),
    text("pool", ""),
    number("priority", 42),
    real("weight", 1),
    instant("submitted_at"),
    number("position", 0),  # µs; where it stands among jobs of its priority
    flag("queued"),  # in the queue now (not paused, not ended)
    Index(None, "queued", "priority", "position"),
)

model_definitions = Table(
    "model_definitions",
    metadata,
    serial(),
    text("sha256"),
    number("size_bytes"),
    blob("archive"),  # tar.gz
    UniqueConstraint("sha256"),
)

experiments = Table(
    "experiments",
    metadata,
    serial(),
    text("state"),
    text("name"),
    text("description", null=True),  # null: never said; it sorts apart from an empty one
    text("labels", "[]"),  # JSON list
    text("job_id"),
    number("owner_id", to="users.id"),
    number("project_id", to="projects.id"),
    number("parent_id", null=True),
    number("model_definition_id", null=True, to="model_definitions.id"),
    text("resource_pool", ""),
    text("searcher_name", ""),
    text("searcher_metric", ""),
    flag("smaller_is_better", 1),
    instant("started_at"),
    instant("ended_at", null=True),
    flag("archived"),
    flag("unmanaged"),
    text("external_id", null=True),
    real("progress", null=True),
    flag("progress_nan"),
    number("best_trial_id", null=True),
    real("best_metric", null=True),  # the best searcher metric, as reported
    number("num_trials", 0),
    number("checkpoint_count", 0),
    number("checkpoint_size", 0),
    number("max_restarts", 5),
    number("slots_per_trial", 1),
    number("log_retention_days", null=True),
    number("move_version", 0),
    # What is long stands last: SQLite then finds the rest without reading it.
    text("hyperparameters", "{}"),  # JSON
    text("notes", ""),
    text("config"),  # JSON, merged, with secrets
    text("config_shown", null=True),  # JSON with secrets masked, where that differs
    text("original_config"),
    UniqueConstraint("external_id"),
    Index(None, "project_id", "id"),
    Index(None, "project_id", "started_at"),
    Index(None, "owner_id", "id"),
    Index(None, "state", "id"),
    Index(None, "job_id"),
    Index(None, "model_definition_id"),
    sqlite_autoincrement=True,
)

searches = Table(
    "searches",
    metadata,
    number("experiment_id", to="experiments.id"),
    text("state"),  # JSON, domain.search's own
    number("events_done", 0),  # the last search event in it
    UniqueConstraint("experiment_id"),
)

search_events = Table(
    "search_events",
    metadata,
    serial(),
    number("experiment_id", to="experiments.id"),
    text("kind"),  # ValidationCompleted, TrialExited, ...
    text("payload"),  # JSON
    Index(None, "experiment_id", "id"),
    sqlite_autoincrement=True,
)
