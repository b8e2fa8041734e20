"""The shape of a Struct as others write it down: its fields with their wire types."""

from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from domain.facts import Fact
from domain.personal import Sealed


class Shape(Struct, frozen=True, kw_only=True):
    """One field. ``is_optional``: it may be absent, which is the same as nil."""

    name: str
    type: Any
    is_optional: bool
    is_personal: bool
    is_on_wire: bool


def shapes(struct: type[Struct]) -> list[Shape]:
    """The fields of a Struct, in its order, under their wire names."""
    hints = get_type_hints(struct, include_extras=True)
    return [
        Shape(
            name=field.encode_name,
            type=_without_none(hints[field.name]),
            is_optional=_has_none(hint) or _sealed(hint) or _is_left_out(struct, field.required),
            is_personal=_sealed(hint),
            is_on_wire=_on_wire(hint),
        )
        for field in msgspec.structs.fields(struct)
        for hint in [hints[field.name]]
    ]


def structs_in(hint: object) -> list[type[Struct]]:
    """The Structs that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return [hint]
    return [struct for part in get_args(hint) for struct in structs_in(part)]


def enums_in(hint: object) -> list[type[StrEnum]]:
    """The enums that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [hint]
    return [enum for part in get_args(hint) for enum in enums_in(part)]


def tag_of(struct: type[Struct]) -> str | None:
    """The value of ``t``, for a message."""
    tag = struct.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def plain(hint: Any) -> Any:  # noqa: ANN401 types are values here
    """A type without its notes and its new names."""
    if isinstance(hint, NewType):
        return str if hint is Sealed else plain(hint.__supertype__)
    if getattr(hint, "__metadata__", None) is not None:
        return plain(get_args(hint)[0])
    return hint


def is_union(hint: object) -> bool:
    """Whether a type is a choice."""
    return get_origin(hint) in (Union, UnionType)


def is_literal(hint: object) -> bool:
    """Whether a type is a few values."""
    return get_origin(hint) is Literal


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    bare = plain(hint)
    if not is_union(bare):
        return bare
    left = [part for part in get_args(bare) if part is not NoneType]
    return plain(left[0]) if len(left) == 1 else Union[tuple(left)]  # noqa: UP007 built at run time


def _has_none(hint: object) -> bool:
    return NoneType in get_args(plain(hint))


def _sealed(hint: object) -> bool:
    return hint is Sealed or any(_sealed(part) for part in get_args(hint))


def _is_left_out(struct: type[Struct], is_required: bool) -> bool:
    """Whether a field at its default is not sent. A fact shows every field that is not nil."""
    leaves_out = struct.__struct_config__.omit_defaults and not issubclass(struct, Fact)
    return leaves_out and not is_required


def _on_wire(hint: object) -> bool:
    notes = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Meta)]
    return all((note.extra or {}).get("on_wire", True) for note in notes)
