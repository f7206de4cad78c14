"""A report as it is stored and streamed: `{"avg_metrics", "batch_metrics"}`, or `{"validation_metrics"}` for a validation."""

from typing import Any

import msgspec

from undeterred.domain.metrics.summary import VALIDATION


class Stored(msgspec.Struct, frozen=True):
    """A stored report."""

    avg_metrics: dict[str, Any] | None = None
    batch_metrics: list[Any] | None = None
    validation_metrics: dict[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The values by name."""
        return self.avg_metrics or self.validation_metrics or {}


_json = msgspec.json.Encoder(order="sorted")
read = msgspec.json.Decoder(Stored).decode


def values_of(body: str) -> dict[str, Any]:
    """The values by name of a stored report."""
    return read(body).values


def write(group: str, values: dict[str, Any], batch_metrics: list[Any] | None) -> str:
    """The JSON of a report."""
    if group == VALIDATION:
        return _json.encode({"validation_metrics": values}).decode()
    return _json.encode({"avg_metrics": values, "batch_metrics": batch_metrics}).decode()
