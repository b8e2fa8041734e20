"""Bytes to messages and back: msgpack maps with string keys, and the socket's frame around them."""

from collections.abc import Callable
from typing import get_args

import msgspec

from server.protocol.client_messages import ClientMessage
from server.protocol.errors import CloseCode, ProtocolError, UnknownMessage
from server.protocol.server_messages import ServerMessage

_decode_client: Callable[[bytes], ClientMessage] = msgspec.msgpack.Decoder(ClientMessage).decode
_decode_server: Callable[[bytes], ServerMessage] = msgspec.msgpack.Decoder(ServerMessage).decode
_encode = msgspec.msgpack.Encoder().encode
_canonical = msgspec.msgpack.Encoder(order="deterministic").encode

_MAX_7_BIT = 125
_MAX_16_BIT = 0xFFFF


def decode_client(data: bytes) -> ClientMessage:
    """The message that a client sent.

    Raises:
        UnknownMessage: a well-formed map whose ``t`` is not known here.
        ProtocolError: 4400 for anything else that is not a message.
    """
    try:
        return _decode_client(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        _unknown_or_malformed(data, str(error))
        raise ProtocolError(CloseCode.MALFORMED, str(error)) from error


def decode_server(data: bytes) -> ServerMessage:
    """The message that a server sent; for clients written in Python.

    Raises:
        UnknownMessage: a well-formed map whose ``t`` is not known here: to be ignored.
        msgspec.MsgspecError: anything else that is not a message.
    """
    try:
        return _decode_server(data)
    except msgspec.ValidationError:
        _refuse_unknown(data, _OF_SERVERS)
        raise


def encode(message: ServerMessage | ClientMessage) -> bytes:
    """A message as bytes, without a frame."""
    return _encode(message)


def canonical(value: object) -> bytes:
    """The one msgpack form of a value: maps in key order. For hashing, not for the wire."""
    return _canonical(value)


def frame(payload: bytes) -> bytes:
    """One unfragmented, unmasked, uncompressed binary frame (RFC 6455, 5.2): shared by all."""
    size = len(payload)
    if size <= _MAX_7_BIT:
        return b"\x82" + size.to_bytes(1) + payload
    if size <= _MAX_16_BIT:
        return b"\x82\x7e" + size.to_bytes(2) + payload
    return b"\x82\x7f" + size.to_bytes(8) + payload


def framed(message: ServerMessage) -> bytes:
    """A message as one frame, ready to write."""
    return frame(_encode(message))


_OF_CLIENTS = {message.__struct_config__.tag for message in get_args(ClientMessage)}
_OF_SERVERS = {message.__struct_config__.tag for message in get_args(ServerMessage)}


def _unknown_or_malformed(data: bytes, reason: str) -> None:
    try:
        _refuse_unknown(data, _OF_CLIENTS)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(CloseCode.MALFORMED, reason) from error


def _refuse_unknown(data: bytes, known: set[object]) -> None:
    value = msgspec.msgpack.decode(data, type=dict[str, object])
    kind = value.get("t")
    if isinstance(kind, str) and kind not in known:
        message_id = value.get("id")
        raise UnknownMessage(message_id if isinstance(message_id, str) else None)
