"""Trials (a trial is a run), their metrics and checkpoints."""

from sqlalchemy import Index, Table, UniqueConstraint
from sqlalchemy import text as sql_text

from undeterred.store.schema.base import flag, instant, metadata, number, real, serial, text

trials = Table(
    "trials",
    metadata,
    serial(),
    number("experiment_id", to="experiments.id"),
    text("request_id", null=True),
    text("external_id", null=True),
    text("state"),
    number("seed", 0),
    instant("started_at"),
    instant("ended_at", null=True),
    instant("last_activity_at", null=True),
    number("run_id", 0),  # the present run's number; reports must name it
    number("restarts", 0),
    number("total_batches", 0),
    real("progress", null=True),
    text("runner_state", ""),
    number("metrics_run_id", 0),  # the run that reported last
    number("older_batches", null=True),  # no live report of an earlier run lies beyond this step; null: there is none
    number("best_validation_id", null=True),  # metrics.id
    number("latest_validation_id", null=True),
    instant("latest_validation_at", null=True),
    real("best_signed", null=True),  # best searcher metric x sign
    real("searcher_metric_value", null=True),  # the same as reported
    number("checkpoint_count", 0),  # those that are not DELETED
    number("checkpoint_size", 0),
    text("best_checkpoint", null=True),  # uuid of the COMPLETED one whose step has the best validation
    real("best_checkpoint_signed", null=True),
    text("latest_checkpoint", null=True),  # uuid of the COMPLETED one of the highest step
    text("warm_start", null=True),  # uuid
    number("log_retention_days", null=True),
    text("log_policy_matched", null=True),
    number("local_id", 0),
    flag("archived"),
    flag("stopped_by_search"),
    text("early_exit", null=True),  # reason reported by user code
    instant("early_exit_at", null=True),  # when; ten seconds later it is killed
    number("project_id", 1),
    # what may be long stands last: reading the rest does not touch it
    text("hparams", "{}"),  # JSON
    text("summary_metrics", null=True),  # JSON: group -> metric -> {type, last, min, ...}
    text("metadata", null=True),  # JSON
    UniqueConstraint("experiment_id", "external_id"),
    Index(None, "experiment_id", "id"),
    Index(None, "experiment_id", "state"),
    Index(None, "experiment_id", "best_signed"),
    Index(None, "state", "id"),
    Index(None, "warm_start"),
    sqlite_autoincrement=True,
)

LIVE = sql_text("archived = 0 AND profiling = 0")
PROFILING = sql_text("profiling = 1")
ARCHIVED = sql_text("archived = 1")

metrics = Table(
    "metrics",
    metadata,
    serial(),
    number("trial_id"),  # no foreign key: a report reads its trial in the same transaction, and checking costs
    text("metric_group"),
    number("batches"),
    number("run_id"),
    instant("reported_at", null=True),
    text("body"),  # JSON as streamed: {"avg_metrics":..,"batch_metrics":..} or {"validation_metrics":..}
    real("signed", null=True),  # a validation's searcher metric x sign, where it is a number
    flag("searched"),  # a validation that has the searcher metric
    flag("archived"),
    flag("profiling"),
    Index(
        "uq_metrics_live",
        "trial_id",
        "archived",
        "profiling",
        "metric_group",
        "batches",
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    ),
    Index("ix_metrics_archived", "trial_id", sqlite_where=ARCHIVED, postgresql_where=ARCHIVED),
    Index("ix_metrics_profiling_order", "trial_id", "id", sqlite_where=PROFILING, postgresql_where=PROFILING),
    Index("ix_metrics_profiling", "trial_id", "metric_group", "reported_at", sqlite_where=PROFILING, postgresql_where=PROFILING),
    sqlite_autoincrement=True,
)

storages = Table("storages", metadata, serial(), text("config"), UniqueConstraint("config"), sqlite_autoincrement=True)

checkpoints = Table(
    "checkpoints",
    metadata,
    serial(),
    text("uuid"),
    text("task_id", null=True),
    text("allocation_id", null=True),
    number("trial_id", null=True, to="trials.id"),
    number("experiment_id", null=True, to="experiments.id"),
    text("state"),
    instant("reported_at"),
    text("resources", "{}"),  # JSON: path -> size
    text("metadata", null=True),  # JSON
    number("batches", 0),
    number("size_bytes", 0),
    number("storage_id", null=True, to="storages.id"),
    UniqueConstraint("uuid"),
    Index(None, "trial_id", "batches"),
    Index(None, "trial_id", "state", "reported_at"),
    Index(None, "experiment_id", "state"),
    Index(None, "task_id"),
    sqlite_autoincrement=True,
)

trial_sources = Table(
    "trial_sources",
    metadata,
    number("trial_id", to="trials.id"),
    text("checkpoint_uuid"),
    text("kind"),
    number("model_id", null=True),
    number("model_version", null=True),
    UniqueConstraint("trial_id", "checkpoint_uuid"),
    Index(None, "checkpoint_uuid"),
    Index(None, "model_id", "model_version"),
)
