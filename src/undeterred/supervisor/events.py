"""Inside the task: TensorBoard's event files without TensorBoard, where the environment has neither TensorFlow nor PyTorch with tensorboard.

The harness opens a writer of theirs in every `core.init()` and would end the code for want of it. `events_hook` puts this module in that writer's place;
it is copied into the task's environment and imports nothing of ours. Format: TensorFlow's record files of `Event` messages, scalars only.
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO, NoReturn, SupportsFloat

_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected


def _row(number: int) -> int:
    for _ in range(8):
        number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)
    return number


_TABLE = tuple(map(_row, range(256)))


def masked_crc(data: bytes) -> int:
    """CRC-32C of the data, turned and shifted as record files want it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """One record: length, its checksum, the data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def event(wall_time: float, step: int = 0, *, version: str = "", scalar: tuple[str, float] | None = None) -> bytes:
    """An `Event` message: a file's first one with its version, or a scalar at a step."""
    said = b"\x09" + struct.pack("<d", wall_time) + b"\x10" + _varint(step & 0xFFFFFFFFFFFFFFFF)
    if version:
        said += _text(3, version.encode())
    if scalar is not None:
        said += _text(5, _text(1, _text(1, scalar[0].encode()) + b"\x15" + _float(scalar[1])))
    return said


def _float(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _varint(number: int) -> bytes:
    def parts(rest: int) -> Iterator[int]:
        while rest > 127:
            yield rest & 127 | 128
            rest >>= 7
        yield rest

    return bytes(parts(number))


def _text(field: int, data: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


class EventWriter:
    """Scalars into event files of a folder; after `close` the next scalar begins a new file."""

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        self.log_dir, self._files = os.fspath(log_dir), 0
        self._file: BinaryIO | None = None

    def add_scalar(self, name: str, value: SupportsFloat, step: int) -> None:
        """Append a scalar. Raises OSError."""
        now = time.time()
        if self._file is None:
            os.makedirs(self.log_dir, exist_ok=True)
            self._files += 1
            unique = f"{int(now)}.{socket.gethostname()}.{os.getpid()}.{self._files}"
            self._file = open(os.path.join(self.log_dir, f"events.out.tfevents.{unique}"), "ab")  # noqa: SIM115 - kept open
            self._file.write(record(event(now, version="brain.Event:2")))
        self._file.write(record(event(now, int(step), scalar=(name, float(value)))))

    def flush(self) -> None:
        """What was written is in the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class TorchWriter:
    """What the harness asks of its PyTorch writer: `add_scalar`, `flush`, `reset`, and `writer` for the user's own scalars."""

    def __init__(self) -> None:
        self.writer = EventWriter(sys.modules["determined.tensorboard"].get_base_path({}))
        self.add_scalar, self.flush, self.reset = self.writer.add_scalar, self.writer.flush, self.writer.close


class SummaryWriter(EventWriter):
    """What a PyTorchTrial's context asks for as torch.utils.tensorboard's: scalars, and a clear word for all else."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"{name}: only scalars are written here, as the task's environment lacks tensorboard; add it, or `pip install` it in startup-hook.sh"
        )


_TorchWriter = TorchWriter  # the harness asks for this name, its users for the other
