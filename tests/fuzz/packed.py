"""msgpack and JSON as nobody should write them: generated as bytes, not by an encoder.

An encoder writes no doubled key, no surrogate and no length that is longer than it must be.
"""

import struct

from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

DEEP = 3_000
"""Past the recursion limit of any decoder."""
EDGES = [0, 1, 127, 128, 255, 256, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1]
SURROGATES = ["\ud800", "a\udfffb", "\udc00\ud800"]


def text(value: str) -> bytes:
    """A string; a lone surrogate is written as if it were a character."""
    data = value.encode("utf-8", "surrogatepass")
    return b"\xda" + len(data).to_bytes(2) + data


def number(value: int) -> bytes:
    """An integer in eight bytes."""
    return (b"\xd3" if value < 0 else b"\xcf") + (value % 2**64).to_bytes(8)


def array(items: list[bytes]) -> bytes:
    """An array of what is packed already."""
    return b"\xdc" + len(items).to_bytes(2) + b"".join(items)


def mapping(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A map with these keys, in this order, also twice."""
    return b"\xde" + len(pairs).to_bytes(2) + b"".join(key + value for key, value in pairs)


def message(fields: dict[str, bytes], *more: tuple[bytes, bytes]) -> bytes:
    """A map of fields whose values are packed already."""
    return mapping([*((text(key), value) for key, value in fields.items()), *more])


integers = st.one_of(
    st.sampled_from([*EDGES, *(-n - 1 for n in EDGES)]), st.integers(-(2**63), 2**64 - 1)
)
strings = st.one_of(st.text(max_size=40), st.sampled_from(SURROGATES), st.just("x" * 3_000))
binaries = st.binary(max_size=40).map(lambda data: b"\xc4" + bytes([len(data)]) + data)
broken_text = st.binary(max_size=20).map(lambda data: b"\xd9" + bytes([len(data)]) + data)
extensions = st.tuples(st.integers(-128, 127), st.binary(max_size=17)).map(
    lambda ext: b"\xc7" + bytes([len(ext[1])]) + struct.pack("b", ext[0]) + ext[1]
)
timestamps = st.integers(0, 2**64 - 1).map(lambda value: b"\xd7\xff" + value.to_bytes(8))
floats = st.floats(width=64).map(lambda value: b"\xcb" + struct.pack(">d", value))
scalars: Bytes = st.one_of(
    st.sampled_from([b"\xc0", b"\xc2", b"\xc3"]),
    integers.map(number),
    floats,
    strings.map(text),
    broken_text,
    binaries,
    extensions,
    timestamps,
)
"""Of every type that msgpack has, and text that is none."""
deep: Bytes = st.sampled_from([b"\x91" * DEEP, b"\x81\xa1x" * DEEP + b"\xc0", b"\x81" * DEEP])
values: Bytes = st.one_of(
    st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(array),
            st.lists(st.tuples(inner, inner), max_size=4).map(mapping),
        ),
        max_leaves=8,
    ),
    deep,
)
"""Any value."""


def quoted(value: str) -> str:
    """A JSON string, surrogates as escapes."""
    return '"' + "".join(f"\\u{unit:04x}" for unit in _utf16(value)) + '"'


def _utf16(value: str) -> list[int]:
    data = value.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]


json_scalars = st.one_of(
    st.sampled_from(["null", "true", "false", "NaN", "-Infinity", "1e999", "-0", "0.1", "01", "."]),
    st.integers(-(10**40), 10**40).map(str),
    strings.map(quoted),
    st.just('"\x00"'),
)
json_values = st.one_of(
    st.recursive(
        json_scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]"),
            st.lists(st.tuples(strings.map(quoted), inner), max_size=4).map(
                lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
            ),
        ),
        max_leaves=8,
    ),
    st.sampled_from(["[" * DEEP, '{"x":' * DEEP]),
)
"""JSON, and almost JSON."""
