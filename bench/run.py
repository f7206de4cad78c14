"""`make bench`: measures everything that issue and README promise and prints a table; bounded to some minutes, stops what it started.

ARGS="--quick" takes a fifth of the time; ARGS="--only life" (reference, growth, life, ingest, mlflow) measures a part.
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
sys.path.insert(0, str(ROOT))

from bench import against_mlflow, against_reference, growth, ingest, life  # noqa: E402 - run as a script, from anywhere
from bench.load import need_wrk  # noqa: E402
from bench.tables import Row, save, show  # noqa: E402

Part = Callable[[], Iterator[Row]]


def main() -> int:
    arguments = _arguments()
    need_wrk()
    folder = Path(tempfile.mkdtemp(prefix="undeterred-bench-"))
    begun, rows = time.monotonic(), []
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ratios, not absolutes, on a shared machine\n",
        flush=True,
    )
    try:
        for name, part in _parts(folder, arguments.quick).items():
            if arguments.only and name not in arguments.only:
                continue
            print(f"{name} …", flush=True)
            for row in part():
                rows.append(row)
                print(f"  {row.name}: {'-' if row.ours is None else f'{row.ours:.4g}'} {row.unit} {row.verdict}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    save(rows, ROOT / "bench" / "results" / "latest.json")
    print(f"\n{show(rows)}\n\n{time.monotonic() - begun:.0f} s; also in bench/results/latest.json")
    return 0


def _parts(folder: Path, quick: bool) -> dict[str, Part]:
    seconds, large = (1, 10_000) if quick else (2, 100_000)
    venv = ROOT / ".cache" / "bench-mlflow"

    def mlflow() -> Iterator[Row]:
        if not against_mlflow.install(venv):
            yield Row(against_mlflow.NAME, "everything", None, "", note="MLflow could not be installed here")
            return
        yield from against_mlflow.rows(folder, venv, 40 if quick else 120)

    return {
        "reference": lambda: against_reference.rows(folder, seconds),
        "ingest": lambda: ingest.rows(folder, seconds),
        "life": lambda: life.rows(folder, ROOT / ".venvs" / "task", 3 if quick else 7),
        "growth": lambda: growth.rows(folder, 1000, large),
        "mlflow": mlflow,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=["reference", "ingest", "life", "growth", "mlflow"])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
