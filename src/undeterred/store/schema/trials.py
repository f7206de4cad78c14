"""Trials (a trial is a run), their metrics and checkpoints."""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import flag, instant, metadata, number, real, serial, text

trials = Table(
    "trials",
    metadata,
    serial(),
    number("experiment_id", to="experiments.id"),
    text("request_id", null=True),
    text("external_id", null=True),
    text("state"),
    text("hparams", "{}"),  # JSON
    number("seed", 0),
    instant("started_at"),
    instant("ended_at", null=True),
    instant("last_activity_at", null=True),
    number("run_id", 0),  # the present run's number; reports must name it
    number("restarts", 0),
    number("total_batches", 0),
    real("progress", null=True),
    text("runner_state", ""),
    text("summary_metrics", null=True),  # JSON: group -> metric -> {type, last, min, ...}
    number("best_validation_id", null=True),  # metrics.id
    number("latest_validation_id", null=True),
    real("best_signed", null=True),  # best searcher metric x sign
    real("searcher_metric_value", null=True),
    number("checkpoint_count", 0),
    number("checkpoint_size", 0),
    text("latest_checkpoint", null=True),  # uuid
    text("warm_start", null=True),  # uuid
    number("log_retention_days", null=True),
    text("log_policy_matched", null=True),
    text("metadata", null=True),  # JSON
    number("local_id", 0),
    flag("archived"),
    flag("stopped_by_search"),
    text("early_exit", null=True),  # reason reported by user code
    number("project_id", 1),
    UniqueConstraint("experiment_id", "external_id"),
    Index(None, "experiment_id", "id"),
    Index(None, "state", "id"),
    sqlite_autoincrement=True,
)

metrics = Table(
    "metrics",
    metadata,
    serial(),
    number("trial_id", to="trials.id"),
    text("metric_group"),
    number("batches"),
    number("run_id"),
    instant("reported_at", null=True),
    text("body"),  # JSON as streamed: {"avg_metrics":..,"batch_metrics":..} or {"validation_metrics":..}
    real("signed", null=True),  # a validation's searcher metric x sign, where it is a number
    flag("searched"),  # a validation that has the searcher metric
    flag("archived"),
    flag("profiling"),
    Index(None, "trial_id", "archived", "metric_group", "batches"),
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
    Index(None, "trial_id", "state", "batches"),
    Index(None, "experiment_id", "state"),
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
