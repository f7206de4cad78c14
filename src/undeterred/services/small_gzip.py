"""gzip for small archives, byte for byte as Go's standard library writes it at its default level.

The size of a packed model definition is shown to people and compared by tools, so a small upload is packed to the very size that the reference
shows. Larger ones go through zlib, which is a hundred times as fast. Lazy matching with chained hashes (RFC 1951), one block per 16384 tokens.
"""

import struct
import zlib
from collections.abc import Iterator

MAX_BYTES = 16 << 10
_LEAST, _MOST, _WINDOW = 4, 258, 1 << 15
_GOOD, _LAZY, _NICE, _CHAIN = 8, 16, 128, 128
_NEAR = 4096  # how far back a shortest match may lie
_TOKENS_MAX = 1 << 14
_END = 256
_LENGTHS = [(0, n) for n in range(3, 11)] + [
    (1, 11), (1, 13), (1, 15), (1, 17), (2, 19), (2, 23), (2, 27), (2, 31), (3, 35), (3, 43), (3, 51), (3, 59),
    (4, 67), (4, 83), (4, 99), (4, 115), (5, 131), (5, 163), (5, 195), (5, 227), (0, 258),
]  # fmt: skip
_OFFSETS = [(max(0, n // 2 - 1), 1 + n if n < 2 else 1 + ((2 + n % 2) << (n // 2 - 1))) for n in range(30)]
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_REPEATS = {16: 2, 17: 3, 18: 7}  # bits that follow a repeat

Token = tuple[int, int]
"""(literal, 0) or (length, offset)."""
Codes = dict[int, tuple[int, int]]
"""Symbol -> (code, bits)."""


def compress(data: bytes) -> bytes:
    """A gzip stream of the data, without a time."""
    out = _Bits()
    for tokens, covered in _blocks(data):
        _write_block(out, tokens, covered)
    out.put(1, 3)
    out.align()
    out.put(0, 16)
    out.put(0xFFFF, 16)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return head + out.bytes() + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


class _Bits:
    """Bits, the lowest of a byte first."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._held = self._count = 0

    def put(self, value: int, bits: int) -> None:
        self._held |= value << self._count
        self._count += bits
        while self._count >= 8:
            self._out.append(self._held & 0xFF)
            self._held >>= 8
            self._count -= 8

    def align(self) -> None:
        if self._count:
            self.put(0, 8 - self._count)

    def raw(self, data: bytes) -> None:
        self._out += data

    def bytes(self) -> bytes:
        return bytes(self._out)


def _blocks(data: bytes) -> Iterator[tuple[list[Token], bytes]]:
    """The tokens of each block with the bytes that they stand for."""
    tokens: list[Token] = []
    begun = 0
    for token, at in _tokens(data):
        tokens.append(token)
        if len(tokens) == _TOKENS_MAX:
            yield tokens, data[begun:at]
            tokens, begun = [], at
    if tokens:
        yield tokens, data[begun:]


def _tokens(data: bytes) -> Iterator[tuple[Token, int]]:
    """Literals and matches, each with the index after it: a match gives way to a longer one that begins a byte later."""
    heads: dict[bytes, int] = {}
    before: dict[int, int] = {}
    last = len(data) - (_LEAST - 1)
    index, length, offset, head, pending = 0, _LEAST - 1, 0, -1, False

    def note(at: int) -> int:
        found = heads.get(data[at : at + _LEAST], -1)
        before[at] = found
        heads[data[at : at + _LEAST]] = at
        return found

    while index < len(data):
        if index < last:
            head = note(index)
        old_length, old_offset = length, offset
        length, offset = _LEAST - 1, 0
        left = len(data) - index
        if head >= max(index - _WINDOW, 0) and left > old_length and old_length < _LAZY:
            length, offset = _match(data, before, index, head, left)
        if old_length >= _LEAST and length <= old_length:
            after = index + old_length - 1
            for at in range(index + 1, after):
                if at < last:
                    head = note(at)
            index = after
            pending, length = False, _LEAST - 1
            yield (old_length, old_offset), index
            continue
        if pending:
            yield (data[index - 1], 0), index
        index += 1
        pending = True
    if pending:
        yield (data[index - 1], 0), index


def _match(data: bytes, before: dict[int, int], index: int, head: int, left: int) -> tuple[int, int]:
    """The longest match before `index`, (length, offset); offset 0 where there is none."""
    limit = min(_MOST, left)
    nice = min(limit, _NICE)
    length, offset, at = _LEAST - 1, 0, head
    for _ in range(_CHAIN >> 2 if length >= _GOOD else _CHAIN):
        if index + length < len(data) and data[at + length] == data[index + length]:
            n = _same(data, at, index, limit)
            if n > length and (n > _LEAST or index - at <= _NEAR):
                length, offset = n, index - at
                if n >= nice:
                    break
        if at == index - _WINDOW:
            break
        at = before.get(at, -1)
        if at < max(index - _WINDOW, 0):
            break
    return length, offset


def _same(data: bytes, a: int, b: int, limit: int) -> int:
    n = 0
    while n < limit and data[a + n] == data[b + n]:
        n += 1
    return n


def _write_block(out: _Bits, tokens: list[Token], covered: bytes) -> None:
    literals, offsets = [0] * 286, [0] * 30
    extra = 0
    for value, offset in tokens:
        if offset:
            symbol, far = _symbol(value, _LENGTHS), _symbol(offset, _OFFSETS)
            literals[257 + symbol] += 1
            offsets[far] += 1
            extra += _LENGTHS[symbol][0] + _OFFSETS[far][0]
        else:
            literals[value] += 1
    literals[_END] = 1
    if not any(offsets):
        offsets[0] = 1
    codes, far_codes = _huffman(literals, 15), _huffman(offsets, 15)
    lengths = _trimmed(codes, 286) + _trimmed(far_codes, 30)
    repeats = list(_runs(lengths))
    counts = [sum(symbol == n for symbol, _ in repeats) for n in range(19)]
    repeat_codes = _huffman(counts, 7)
    told = max([4] + [place + 1 for place, symbol in enumerate(_ORDER) if counts[symbol]])
    header = 3 + 14 + 3 * told + _cost(counts, repeat_codes) + sum(counts[symbol] * bits for symbol, bits in _REPEATS.items())
    dynamic = header + _cost(literals, codes) + _cost(offsets, far_codes) + extra
    fixed = 3 + _cost(literals, _FIXED) + _cost(offsets, _FIXED_FAR) + extra
    if len(covered) <= 0xFFFF and (len(covered) + 5) * 8 < min(fixed, dynamic):
        out.put(0, 3)
        out.align()
        out.put(len(covered), 16)
        out.put(len(covered) ^ 0xFFFF, 16)
        out.raw(covered)
        return
    if dynamic < fixed:
        out.put(4, 3)
        out.put(len(_trimmed(codes, 286)) - 257, 5)
        out.put(len(_trimmed(far_codes, 30)) - 1, 5)
        out.put(told - 4, 4)
        for symbol in _ORDER[:told]:
            out.put(repeat_codes.get(symbol, (0, 0))[1], 3)
        for symbol, more in repeats:
            out.put(*repeat_codes[symbol])
            out.put(more, _REPEATS.get(symbol, 0))
    else:
        out.put(2, 3)
        codes, far_codes = _FIXED, _FIXED_FAR
    _write_tokens(out, tokens, codes, far_codes)


def _write_tokens(out: _Bits, tokens: list[Token], codes: Codes, far_codes: Codes) -> None:
    for value, offset in tokens:
        if not offset:
            out.put(*codes[value])
            continue
        symbol, far = _symbol(value, _LENGTHS), _symbol(offset, _OFFSETS)
        out.put(*codes[257 + symbol])
        out.put(value - _LENGTHS[symbol][1], _LENGTHS[symbol][0])
        out.put(*far_codes[far])
        out.put(offset - _OFFSETS[far][1], _OFFSETS[far][0])
    out.put(*codes[_END])


def _symbol(value: int, table: list[tuple[int, int]]) -> int:
    """The last symbol that begins at or below the value."""
    low, high = 0, len(table) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if table[middle][1] <= value else (low, middle - 1)
    return low


def _trimmed(codes: Codes, size: int) -> list[int]:
    """The bits of each symbol up to the last that has any."""
    lengths = [codes.get(symbol, (0, 0))[1] for symbol in range(size)]
    while not lengths[-1]:
        lengths.pop()
    return lengths


def _runs(lengths: list[int]) -> Iterator[Token]:
    """Code lengths with repeats: (length, 0), or a repeat with its count less its least."""
    at = 0
    while at < len(lengths):
        size = lengths[at]
        count = 1
        while at + count < len(lengths) and lengths[at + count] == size:
            count += 1
        at += count
        if size:
            yield size, 0
            count -= 1
            while count >= 3:
                n = min(6, count)
                yield 16, n - 3
                count -= n
        else:
            while count >= 11:
                n = min(138, count)
                yield 18, n - 11
                count -= n
            if count >= 3:
                yield 17, count - 3
                count = 0
        for _ in range(count):
            yield size, 0


def _cost(counts: list[int], codes: Codes) -> int:
    return sum(count * codes[symbol][1] for symbol, count in enumerate(counts) if count)


def _huffman(counts: list[int], most: int) -> Codes:
    """Optimal codes of at most `most` bits (package-merge; of equal weights a symbol goes before a package)."""
    used = sorted((count, symbol) for symbol, count in enumerate(counts) if count)
    if len(used) <= 2:
        return {symbol: (n, 1) for n, symbol in enumerate(sorted(symbol for _, symbol in used))}
    single = [(count, (place,)) for place, (count, _) in enumerate(used)]
    row: list[tuple[int, tuple[int, ...]]] = list(single)
    for _ in range(most - 1):
        pairs = [(row[n][0] + row[n + 1][0], row[n][1] + row[n + 1][1]) for n in range(0, len(row) - 1, 2)]
        row = sorted(single + pairs, key=lambda each: each[0])
    lengths = [0] * len(used)
    for _, places in row[: 2 * len(used) - 2]:
        for place in places:
            lengths[place] += 1
    return _canonical({used[place][1]: bits for place, bits in enumerate(lengths)})


def _canonical(lengths: dict[int, int]) -> Codes:
    codes: Codes = {}
    code = previous = 0
    for symbol, bits in sorted(lengths.items(), key=lambda each: (each[1], each[0])):
        code <<= bits - previous
        codes[symbol] = (int(f"{code:0{bits}b}"[::-1], 2), bits)
        code, previous = code + 1, bits
    return codes


_FIXED = _canonical({n: 8 if n < 144 else 9 if n < 256 else 7 if n < 280 else 8 for n in range(288)})
_FIXED_FAR = _canonical(dict.fromkeys(range(30), 5))
