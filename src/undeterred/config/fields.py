"""The experiment configuration's top level: each key, what it may be, what it is when nobody says."""

from typing import Any

from undeterred.config.environment import ARGUMENTS, BIND_MOUNTS, ENVIRONMENT, RESOURCES
from undeterred.config.hyperparameters import HYPERPARAMETERS, check_grid
from undeterred.config.logpolicies import LOG_POLICIES
from undeterred.config.schema import FILLED, Field, Free, Json, Kind, ListOf, Record, Scalar, type_problem
from undeterred.config.searcher import SEARCHER, Length
from undeterred.config.storage import CHECKPOINT_STORAGE, TENSORBOARD_STORAGE


class _Entrypoint(Kind):
    """A command as one text, or as the list of its words."""

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is list:
            _WORDS.check(value, path, out)
        elif type(value) not in (str, type(None)):
            out.append(type_problem(path, "string or array or null", value))

    def merge(self, high: Json, low: Json) -> Json:
        return high


class _Nothing(Kind):
    """A part of the language that is gone: only null is accepted."""

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if value is not None:
            out.append(type_problem(path, "null", value))


def _once_each(high: list[Any], low: list[Any]) -> list[Any]:
    return list(dict.fromkeys(high + low))


def _in_order(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    begin, end = value.get("begin_on_batch"), value.get("end_after_batch")
    if type(begin) is int and type(end) is int and begin > end:
        out.append(f"{path}: begin_on_batch must be less than end_after_batch")


def _grid_has_counts(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    searcher = value.get("searcher")
    if type(searcher) is dict and searcher.get("name") == "grid":
        check_grid(value.get("hyperparameters"), f"{path}.hyperparameters", out)


def _flag(default: bool = False) -> Field:
    return Field(Scalar("boolean"), default)


def _whole(default: int | None = None, least: int | None = 0, most: int | None = None, hidden: bool = False) -> Field:
    return Field(Scalar("integer", least=least, most=most), default, hidden=hidden)


def _word(default: str | None = None, hidden: bool = False) -> Field:
    return Field(Scalar("string"), default, hidden=hidden)


_WORDS = ListOf(Scalar("string", nullable=False))
_HOST = {"host": _word(), "port": _whole(least=None)}
_PACHYDERM = Record(
    {
        "pachd": Field(Record(_HOST)),
        "proxy": Field(Record({"scheme": _word()} | _HOST)),
        "dataset": Field(Record({name: _word() for name in ("project", "repo", "commit", "branch", "token")})),
    }
)
_WEBHOOKS = Record(
    {"webhook_id": Field(ListOf(Scalar("integer", nullable=False))), "webhook_name": Field(_WORDS), "exclude": _flag()},
)
PROFILING = Record(
    {"enabled": _flag(), "begin_on_batch": _whole(0), "end_after_batch": _whole(), "sync_timings": _flag(True)},
    tests=(_in_order,),
)
OPTIMIZATIONS = Record(
    {
        "aggregation_frequency": _whole(1, least=1),
        "auto_tune_tensor_fusion": _flag(),
        "average_aggregated_gradients": _flag(True),
        "average_training_metrics": _flag(True),
        "grad_updates_size_file": _word(),
        "gradient_compression": _flag(),
        "mixed_precision": Field(Scalar("string", choices=("O0", "O1", "O2", "O3")), "O0"),
        "tensor_fusion_cycle_time": _whole(1),
        "tensor_fusion_threshold": _whole(64),
    }
)
_NODES = {"slots_per_node": _whole(least=1, hidden=True)}
SLURM = Record(_NODES | {"gpu_type": _word(hidden=True), "sbatch_args": Field(ARGUMENTS, hidden=True)})
PBS = Record(_NODES | {"pbsbatch_args": Field(ARGUMENTS, hidden=True)})
SECURITY = Record({"kerberos": Field(Record({"config_file": Field(Scalar("string", nullable=False), required=True)}), hidden=True)})

EXPERIMENT = Record(
    {
        "bind_mounts": Field(BIND_MOUNTS, []),
        "checkpoint_policy": Field(Scalar("string", choices=("best", "all", "none")), "best"),
        "checkpoint_storage": Field(CHECKPOINT_STORAGE, in_the_end=True),
        "data": Field(Free("object"), {}),
        "data_layer": Field(Free(), forgotten=True),
        "debug": _flag(),
        "description": _word(),
        "entrypoint": Field(_Entrypoint()),
        "environment": Field(ENVIRONMENT, FILLED),
        "hyperparameters": Field(HYPERPARAMETERS, FILLED),
        "integrations": Field(Record({"pachyderm": Field(_PACHYDERM, hidden=True), "webhooks": Field(_WEBHOOKS, hidden=True)})),
        "internal": Field(_Nothing(), forgotten=True),
        "labels": Field(ListOf(Scalar("string", nullable=False), join=_once_each), []),
        "log_policies": Field(LOG_POLICIES, FILLED),
        "max_restarts": _whole(5),
        "min_checkpoint_period": Field(Length(), {"batches": 0}),
        "min_validation_period": Field(Length(), {"batches": 0}),
        "name": _word(),
        "optimizations": Field(OPTIMIZATIONS, FILLED),
        "pbs": Field(PBS, FILLED),
        "perform_initial_validation": _flag(),
        "preemption_timeout": _whole(least=None),
        "profiling": Field(PROFILING, FILLED),
        "project": _word(""),
        "records_per_epoch": _whole(0),
        "reproducibility": Field(Record({"experiment_seed": _whole(most=2**32 - 1)}), FILLED),
        "resources": Field(RESOURCES, FILLED),
        "retention_policy": Field(Record({"log_retention_days": _whole(least=-1, most=32767)}), hidden=True),
        "scheduling_unit": _whole(100, least=1),
        "searcher": Field(SEARCHER, in_the_end=True),
        "security": Field(SECURITY, hidden=True),
        "slurm": Field(SLURM, FILLED),
        "tensorboard_storage": Field(TENSORBOARD_STORAGE, hidden=True),
        "workspace": _word(""),
    },
    tests=(_grid_has_counts,),
    nullable=False,
)
