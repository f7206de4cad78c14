"""TensorBoard's event files, written in environments without PyTorch and TensorFlow: the bytes, and that the harness takes the writer."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from undeterred.supervisor import events, events_hook

USER = """
import sys
sys.path.insert(0, {site!r})
import _undeterred_events_hook
from determined import tensorboard
writer = tensorboard.get_metric_writer()
writer.on_train_step_end(3, {{"loss": 0.25, "words": "no number"}})
writer.on_validation_step_end(4, {{"loss": 0.5}})
"""


def records(data: bytes) -> list[bytes]:
    """The records of a file, each checksum compared."""
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        body = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 8) == (events.masked_crc(data[at : at + 8]),)
        assert struct.unpack_from("<I", data, at + 12 + length) == (events.masked_crc(body),)
        found.append(body)
        at += 16 + length
    return found


def test_the_checksum_is_crc32c() -> None:
    crc = 0xE3069283  # of "123456789", RFC 3720's polynomial
    assert events.masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_scalar_is_the_message_that_protobuf_would_write() -> None:
    assert events.event(1.0, 300, scalar=("a", 0.5)) == (
        b"\x09" + struct.pack("<d", 1.0) + b"\x10\xac\x02" + b"\x2a\x0a\x0a\x08" + b"\x0a\x01a" + b"\x15" + struct.pack("<f", 0.5)
    )
    assert events.event(0.0, 0, scalar=("a", 1e300)).endswith(struct.pack("<f", float("inf")))


def test_a_new_file_after_close(tmp_path: Path) -> None:
    writer = events.EventWriter(tmp_path / "new")
    assert not (tmp_path / "new").exists(), "no file before the first scalar"
    writer.add_scalar("a", 1, 1)
    writer.flush()
    writer.close()
    writer.add_scalar("a", 2, 2)
    writer.close()
    assert sorted(len(records(file.read_bytes())) for file in (tmp_path / "new").iterdir()) == [2, 2]


def test_the_hook_answers_for_the_harness_only() -> None:
    """Whoever else tries PyTorch's writer learns that there is none; here no package of that name is installed at all."""
    assert [events_hook.Finder.find_spec(name) for name in ("json", "torch", "determined", "torch.utils.tensorboard")] == [None] * 4
    asked = {"__name__": "determined.pytorch._pytorch_context", "find": events_hook.Finder.find_spec}
    exec("found = find('torch.utils.tensorboard')", asked)  # noqa: S102  # as the harness's module would ask
    assert asked["found"] is not None


def test_more_than_scalars_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match=r"add_image: only scalars .* tensorboard"):
        events.SummaryWriter(tmp_path).add_image("a", None)


def test_the_harness_writes_with_it(task_python: Path, tmp_path: Path) -> None:
    """`.venvs/task` has neither PyTorch nor TensorFlow: without the hook get_metric_writer raises ModuleNotFoundError."""
    here = Path(events.__file__).parent
    for name in ("events", "events_hook"):
        shutil.copy(here / f"{name}.py", tmp_path / f"_undeterred_{name}.py")
    code = USER.format(site=str(tmp_path))
    told = f"import determined.tensorboard as t\nt.get_base_path = lambda _: {str(tmp_path)!r}\n"
    done = subprocess.run([task_python, "-c", told + code], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("events.out.tfevents.*")
    said = records(file.read_bytes())
    assert [b"brain.Event:2" in said[0], b"Determined/loss" in said[1], b"Determined/val_loss" in said[2], len(said)] == [
        True,
        True,
        True,
        3,
    ]
