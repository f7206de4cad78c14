"""Rows of the result: ours, the peer, the ratio, and whether that is what was promised."""

import json
import os
import platform
from math import inf
from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True):
    """`better`: "more" (rates) or "less" (times, sizes). wanted: the ratio promised (ours/peer for rates, peer/ours for times), or None; for a
    limit, peer is that limit and the ratio wanted is 1."""

    group: str
    name: str
    ours: float | None
    unit: str
    peer: float | None = None
    peer_name: str = ""
    wanted: float | None = None
    better: str = "more"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer."""
        if self.ours is None or not self.peer:
            return None
        if self.better == "less" and self.ours == 0:
            return inf
        return self.ours / self.peer if self.better == "more" else self.peer / self.ours

    @property
    def verdict(self) -> str:
        """meets, misses, or nothing where nothing was promised or measured."""
        if self.ours is None:
            return "not measured"
        if self.wanted is None or self.ratio is None:
            return ""
        return "meets" if self.ratio >= self.wanted else "misses"


def show(rows: list[Row]) -> str:
    """The table as text."""
    head = ("what", "ours", "peer", "ratio", "wanted", "")
    lines: list[tuple[str, ...]] = []
    for group in dict.fromkeys(row.group for row in rows):
        lines += [(f"-- {group}", "", "", "", "", "")]
        lines += [_cells(row) for row in rows if row.group == group]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in (0, 5) else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [head, *lines]
    )


def save(rows: list[Row], path: Path, load_before: float, took_s: float) -> None:
    """The rows as JSON, with the machine that they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = [msgspec.to_builtins(row) | {"ratio": _finite(row.ratio), "verdict": row.verdict} for row in rows]
    machine = {"platform": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version(), "load_before": load_before}
    path.write_text(json.dumps({"machine": machine, "took_s": round(took_s), "rows": shown}, indent=1, allow_nan=False) + "\n")


def _finite(ratio: float | None) -> float | None:
    return None if ratio == inf else ratio


def _cells(row: Row) -> tuple[str, ...]:
    peer = "" if row.peer is None else f"{_number(row.peer)} ({row.peer_name})" if row.peer_name else _number(row.peer)
    return (
        row.name,
        "-" if row.ours is None else f"{_number(row.ours)} {row.unit}",
        peer,
        "" if row.ratio is None else f"{row.ratio:.1f}x",
        "" if row.wanted is None else f"{row.wanted:g}x",
        " ".join(part for part in (row.verdict, row.note) if part),
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
