"""Which columns a project's tables offer, the ranges of their numbers, and the values that runs' metadata has.

They follow from the newest experiments and runs of the project, so that a large project costs no more than a middling one.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from undeterred.domain.metrics.summary import group_of
from undeterred.domain.metrics.values import DATE, NUMBER
from undeterred.services import projects
from undeterred.store import project_columns as rows
from undeterred.store.db import Tx
from undeterred.wire.project_columns import ColumnType, LocationType, MetricsRange, ProjectColumn

NEWEST = 1000
_NUMBERS = ("last", "max", "mean", "min")
_TYPES = {
    NUMBER: ColumnType.COLUMN_TYPE_NUMBER,
    "string": ColumnType.COLUMN_TYPE_TEXT,
    "boolean": ColumnType.COLUMN_TYPE_TEXT,
    DATE: ColumnType.COLUMN_TYPE_DATE,
    "array": ColumnType.COLUMN_TYPE_ARRAY,
}
_LOCATIONS = {"training": LocationType.LOCATION_TYPE_TRAINING, "validation": LocationType.LOCATION_TYPE_VALIDATIONS}
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?\Z")

_EXPERIMENT = (
    "id:NUMBER:ID name:TEXT:Name description:TEXT:Description tags:TEXT:Tags forkedFrom:NUMBER:Forked startTime:DATE:Start_time"
    " duration:NUMBER:Duration numTrials:NUMBER:Trial_count state:TEXT:State searcherType:TEXT:Searcher resourcePool:TEXT:Resource_pool"
    " progress:NUMBER:Progress checkpointSize:NUMBER:Checkpoint_size checkpointCount:NUMBER:Checkpoints user:TEXT:User"
    " searcherMetric:TEXT:Searcher_Metric searcherMetricsVal:NUMBER:Searcher_Metric_Value externalExperimentId:TEXT:External_Experiment_ID"
    " externalTrialId:TEXT:External_Trial_ID archived:UNSPECIFIED:Archived"
)
_RUN = (
    "id:NUMBER:Global_Run_ID experimentDescription:TEXT:Search_Description tags:TEXT:Tags forkedFrom:NUMBER:Forked startTime:DATE:Start_Time"
    " endTime:DATE:End_Time duration:NUMBER:Duration state:TEXT:State searcherType:TEXT:Searcher resourcePool:TEXT:Resource_Pool"
    " checkpointSize:NUMBER:Checkpoint_Size checkpointCount:NUMBER:Checkpoints user:TEXT:User searcherMetric:TEXT:Searcher_Metric"
    " searcherMetricsVal:NUMBER:Searcher_Metric_Value externalExperimentId:TEXT:External_Experiment_ID projectId:NUMBER:Project_ID"
    " externalRunId:TEXT:External_Run_ID experimentProgress:NUMBER:Search_Progress experimentId:NUMBER:Search_ID"
    " experimentName:TEXT:Search_Name isExpMultitrial:UNSPECIFIED:Part_of_Search parentArchived:UNSPECIFIED:Parent_Archived"
    " localId:TEXT:Run_ID archived:UNSPECIFIED:Archived"
)


def of_experiments(tx: Tx, project_id: int) -> list[ProjectColumn]:
    """The columns of a project's table of experiments. Raises NotFound."""
    projects.find(tx, project_id)
    found = rows.experiments(tx, project_id, NEWEST)
    types: dict[str, ColumnType] = {}
    for row in found:
        for name, kind in sorted(_hyperparameters(json.loads(row.hyperparameters))):
            types.setdefault(f"hp.{name}", kind)
    return [
        *_fixed(_EXPERIMENT, LocationType.LOCATION_TYPE_EXPERIMENT),
        *_metrics(row.summary for row in found),
        *(ProjectColumn(column=c, location=LocationType.LOCATION_TYPE_HYPERPARAMETERS, type=kind) for c, kind in types.items()),
    ]


def of_runs(tx: Tx, project_id: int) -> list[ProjectColumn]:
    """The columns of a project's table of runs. Raises NotFound."""
    projects.find(tx, project_id)
    found = rows.runs(tx, project_id, NEWEST)
    hparams = {pair for row in found if not row.unmanaged for pair in _leaves(json.loads(row.hparams))}
    metadata = {pair for row in found if row.metadata for pair in _leaves(json.loads(row.metadata))}
    return [
        *_fixed(_RUN, LocationType.LOCATION_TYPE_RUN),
        *_metrics(row.summary for row in found),
        *(ProjectColumn(column=f"hp.{n}", location=LocationType.LOCATION_TYPE_RUN_HYPERPARAMETERS, type=k) for n, k in sorted(hparams)),
        *(ProjectColumn(column=f"metadata.{n}", location=LocationType.LOCATION_TYPE_RUN_METADATA, type=k) for n, k in sorted(metadata)),
    ]


def ranges(tx: Tx, project_id: int) -> list[MetricsRange]:
    """The smallest and largest finite number of each metric, over the best trials of a project's experiments. Raises NotFound."""
    projects.find(tx, project_id)
    found = rows.experiments(tx, project_id, NEWEST)
    numbers: dict[str, list[float]] = {}
    for row in found:
        for key, name, entry in _entries(row.summary):
            for kind in _NUMBERS if entry["type"] == NUMBER else ():
                if isinstance(entry.get(kind), int | float):
                    numbers.setdefault(f"{group_of(key)}.{name}.{kind}", []).append(entry[kind])
    if bests := [row.best_metric for row in found if row.best_metric is not None]:
        numbers["searcherMetricsVal"] = bests
    return [MetricsRange(metrics_name=name, min=min(values), max=max(values)) for name, values in numbers.items()]


def metadata_values(tx: Tx, project_id: int, key: str) -> list[str]:
    """The texts that a project's runs have in their metadata at a dotted key, those in lists too. Raises NotFound."""
    projects.find(tx, project_id)
    found = (row.metadata for row in rows.runs(tx, project_id, NEWEST) if row.metadata)
    return sorted({text for metadata in found for text in _texts(_at(json.loads(metadata), key))})


def _fixed(words: str, location: LocationType) -> list[ProjectColumn]:
    parts = (word.split(":") for word in words.split())
    return [
        ProjectColumn(column=column, location=location, type=ColumnType(f"COLUMN_TYPE_{kind}"), display_name=shown.replace("_", " "))
        for column, kind, shown in parts
    ]


def _entries(summary: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(group's key, metric, entry) of a summary."""
    for key, metrics in json.loads(summary or "{}").items():
        for name, entry in metrics.items():
            yield key, name, entry


def _metrics(summaries: Iterable[str | None]) -> list[ProjectColumn]:
    """Numbers have four columns, others one; a metric that has several types has one without a type."""
    types: dict[tuple[str, str], set[str]] = {}
    for summary in summaries:
        for key, name, entry in _entries(summary):
            types.setdefault((key, name), set()).add(entry["type"])
    columns = []
    for (key, name), kinds in sorted(types.items()):
        group = group_of(key)
        location = _LOCATIONS.get(group, LocationType.LOCATION_TYPE_CUSTOM_METRIC)
        kind = _TYPES.get(next(iter(kinds)), ColumnType.COLUMN_TYPE_UNSPECIFIED) if len(kinds) == 1 else ColumnType.COLUMN_TYPE_UNSPECIFIED
        shown = _NUMBERS if kinds == {NUMBER} else ("last",)
        columns += [ProjectColumn(column=f"{group}.{name}.{each}", location=location, type=kind) for each in shown]
    return columns


def _hyperparameters(space: Any, path: str = "") -> Iterator[tuple[str, ColumnType]]:
    """(dotted name, type) of the hyperparameters that a configuration declares."""
    for name, declared in space.items():
        if isinstance(declared, dict) and "type" not in declared:
            yield from _hyperparameters(declared, f"{path}{name}.")
        else:
            yield f"{path}{name}", _declared(declared)


def _declared(declared: Any) -> ColumnType:
    if isinstance(declared, dict):
        if declared["type"] in ("int", "double", "log"):
            return ColumnType.COLUMN_TYPE_NUMBER
        declared = declared.get("val")
    if isinstance(declared, str):
        return ColumnType.COLUMN_TYPE_TEXT
    is_number = isinstance(declared, int | float) and not isinstance(declared, bool)
    return ColumnType.COLUMN_TYPE_NUMBER if is_number else ColumnType.COLUMN_TYPE_UNSPECIFIED


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, ColumnType]]:
    """(dotted name, type) of what a run's metadata or hyperparameters hold; an empty object or null is nothing."""
    for name, inner in value.items():
        match inner:
            case dict():
                yield from _leaves(inner, f"{path}{name}.")
            case list():
                yield f"{path}{name}", ColumnType.COLUMN_TYPE_ARRAY
            case bool():
                yield f"{path}{name}", ColumnType.COLUMN_TYPE_TEXT
            case int() | float():
                yield f"{path}{name}", ColumnType.COLUMN_TYPE_NUMBER
            case str():
                yield f"{path}{name}", ColumnType.COLUMN_TYPE_DATE if _DAY.match(inner) else ColumnType.COLUMN_TYPE_TEXT


def _at(metadata: Any, key: str) -> Any:
    for part in key.split("."):
        metadata = metadata.get(part) if isinstance(metadata, dict) else None
    return metadata


def _texts(value: Any) -> Iterator[str]:
    """The texts of a value; an object in a list counts as its JSON, a date is none."""
    if isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                yield json.dumps(inner, separators=(",", ":"), ensure_ascii=False)
            else:
                yield from _texts(inner)
    elif isinstance(value, str) and not _DAY.match(value):
        yield value
