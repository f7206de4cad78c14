"""The slots of this machine: GPUs as nvidia-smi or rocm-smi list them, else CPU slots."""

import csv
import json
import subprocess
from collections.abc import Callable

import msgspec

from undeterred.runtimes.base import Slot

Run = Callable[[list[str]], str | None]
_NVIDIA = ["nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader,nounits"]
_ROCM = ["rocm-smi", "--showid", "--showuniqueid", "--showproductname", "--json"]


def detect(cpu_slots: int = 1, run: Run | None = None) -> list[Slot]:
    """All GPUs (index order), else `cpu_slots` CPU slots; 0 asks for none of either."""
    if cpu_slots == 0:
        return []
    run = run or output
    return nvidia(run(_NVIDIA) or "") or rocm(run(_ROCM) or "") or cpus(cpu_slots)


def cpus(count: int) -> list[Slot]:
    """This many CPU slots."""
    brand = _cpu_brand()
    return [Slot(number, "cpu", "", brand) for number in range(count)]


def nvidia(text: str) -> list[Slot]:
    """Read nvidia-smi's CSV: index, uuid, name."""
    rows = [[field.strip() for field in row] for row in csv.reader(text.splitlines())]
    return [Slot(int(row[0]), "cuda", row[1], row[2]) for row in rows if len(row) == 3 and row[0].isdigit()]


def rocm(text: str) -> list[Slot]:
    """Read rocm-smi's JSON: {"card0": {"Unique ID": ..., "Card series": ...}}."""
    try:
        cards = json.loads(text)
    except ValueError:
        return []
    found = []
    for name, card in cards.items() if isinstance(cards, dict) else ():
        number = name.removeprefix("card")
        if number.isdigit() and isinstance(card, dict):
            brand = next((str(card[key]) for key in ("Card series", "Card Series", "Card model") if key in card), "")
            found.append(Slot(int(number), "rocm", str(card.get("Unique ID", "")), brand))
    return sorted(found, key=lambda slot: slot.id)


def output(command: list[str]) -> str | None:
    """A tool's output; None when it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _cpu_brand() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return ""


if __name__ == "__main__":
    print(msgspec.json.encode(detect()).decode())
