"""`make bench`: measures what README and issues promise and prints a table: ours, the peer, the ratio. Under ten minutes; stops what it started.

ARGS="--quick" takes a third of the time; ARGS="--only life" measures a part (reference, ingest, life, growth, mlflow; may be repeated);
ARGS="--profile" shows where the server's time goes in the rows of reference and ingest (docs/howto/measure.md).
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this folder: run as a script, from anywhere

from bench import against_mlflow, against_reference, growth, ingest, life  # noqa: E402 - after the path
from bench.load import need_wrk  # noqa: E402
from bench.spy import Profiler  # noqa: E402
from bench.tables import Row, save, show  # noqa: E402

Part = Callable[[], Iterator[Row]]
PARTS = ("reference", "ingest", "life", "growth", "mlflow")
RESULTS = ROOT / "bench" / "results"
CACHE = ROOT / ".cache"


def main() -> int:
    arguments = _arguments()
    need_wrk()
    folder = Path(tempfile.mkdtemp(prefix="undeterred-bench-"))
    begun, load, rows = time.monotonic(), os.getloadavg()[0], list[Row]()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load before {load:.1f}. On a shared machine read ratios, not absolutes.\n",
        flush=True,
    )
    try:
        for name, part in _parts(folder, arguments.quick, arguments.profile).items():
            if arguments.only and name not in arguments.only:
                continue
            print(f"{name} …", flush=True)
            for row in _guarded(name, part):
                rows.append(row)
                print(f"  {row.name}: {'-' if row.ours is None else f'{row.ours:.4g}'} {row.unit} {row.verdict}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - begun
    save(rows, RESULTS / "latest.json", load, took)
    print(f"\n{show(rows)}\n\n{took:.0f} s; load after {os.getloadavg()[0]:.1f}; also in bench/results/latest.json")
    return 0


def _guarded(name: str, part: Part) -> Iterator[Row]:
    """A part that breaks says so in a row, and the others are still measured."""
    try:
        yield from part()
    except (Exception, SystemExit) as error:
        yield Row(name, "the rest of this part", None, "", note=f"{type(error).__name__}: {error}"[:100])


def _parts(folder: Path, quick: bool, profile: bool) -> dict[str, Part]:
    seconds, rounds = (1, 2) if quick else (2, 3)
    profiler = Profiler(CACHE / "bench-profiler", RESULTS) if profile else None
    venv = CACHE / "bench-mlflow"

    def mlflow() -> Iterator[Row]:
        if not against_mlflow.install(venv):
            yield Row(against_mlflow.NAME, "everything", None, "", note="MLflow could not be installed here")
            return
        yield from against_mlflow.rows(folder, venv, 40 if quick else 120, 1 if quick else 3)

    parts: dict[str, Part] = {
        "reference": lambda: against_reference.rows(folder, seconds, rounds, profiler),
        "ingest": lambda: ingest.rows(folder, seconds, rounds, profiler),
        "life": lambda: life.rows(folder, ROOT / ".venvs" / "task", 3 if quick else 8),
        "growth": lambda: growth.rows(folder, 1000, 20_000 if quick else 100_000),
        "mlflow": mlflow,
    }
    assert tuple(parts) == PARTS
    return parts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter and fewer runs, 20k experiments instead of 100k")
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be repeated")
    parser.add_argument("--profile", action="store_true", help="the dearest lines of the server, by py-spy; rates are lower")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
