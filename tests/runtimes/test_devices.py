"""Slots from the tools' output."""

import json

from undeterred.runtimes import devices
from undeterred.runtimes.base import Slot

NVIDIA = "0, GPU-6f0c1d2e-0000-1111-2222-333344445555, NVIDIA A100-SXM4-80GB\n1, GPU-aaaa, NVIDIA H100, PCIe\nnonsense\n"


def test_nvidia() -> None:
    """Index, uuid, name; lines that are none are left out."""
    assert devices.nvidia(NVIDIA) == [Slot(0, "cuda", "GPU-6f0c1d2e-0000-1111-2222-333344445555", "NVIDIA A100-SXM4-80GB")]


def test_rocm() -> None:
    """Cards in order of their numbers; what is no JSON is no card."""
    text = json.dumps({"card1": {"Unique ID": "0xb"}, "card0": {"Unique ID": "0xa", "Card series": "MI250"}, "system": {}})
    assert devices.rocm(text) == [Slot(0, "rocm", "0xa", "MI250"), Slot(1, "rocm", "0xb", "")]
    assert devices.rocm("not found") == []


def test_detect() -> None:
    """GPUs win over CPU slots; none are asked for with 0."""
    assert [slot.kind for slot in devices.detect(3, lambda _words: None)] == ["cpu"] * 3
    assert [slot.kind for slot in devices.detect(3, lambda words: NVIDIA if words[0] == "nvidia-smi" else None)] == ["cuda"]
    assert devices.detect(0) == []
    assert devices.output(["no-such-tool"]) is None
    assert devices.output(["sh", "-c", "echo out; exit 1"]) is None
