"""How values are kept in a journal and come back: never by pickle.

Plain values (numbers, text, bytes, lists, dicts) are kept as they are. Values of contract types
(dataclasses, pydantic models, dates, decimals, sets, enums, tuples) are kept as plain data that
the declared type rebuilds. Tables are kept as Arrow. Anything else is opaque: a resumed run makes
it again if it may.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import typing
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.msgpack import Ext

from packetflow.capabilities.contract import Port
from packetflow.engine.exact import exact_classes
from packetflow.kernel.records import ValueTag

Pack: TypeAlias = Callable[[Any], Any]
Fetch: TypeAlias = Callable[[str], bytes]

_SCALARS: Final = (bool, int, float, str, bytes, type(None))
_NUMBERS_FIT: Final = 2**63


class Opaque(Exception):
    """The value could not be kept, so it has to be made again."""


def packer(port: Port) -> Pack | None:
    """How to keep values of a port; ``None`` when they can be kept as they are."""
    if port.secret:
        return _secret
    return None if _always_plain(port.type) else partial(pack, port=port)


@lru_cache(maxsize=4096)
def _plain_type(kind: Any) -> bool:
    if kind in (str, float, bool, bytes, None, type(None)):
        return True
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return bool(arguments) and all(_plain_type(one) for one in arguments)
    if origin is dict:
        return len(arguments) == 2 and arguments[0] is str and _plain_type(arguments[1])
    return False


def _always_plain(kind: Any) -> bool:
    try:
        return kind is int or _plain_type(kind)
    except TypeError:
        return False


def _secret(value: Any) -> Ext:  # noqa: ARG001 - nothing of it may be kept
    return Ext(int(ValueTag.SECRET), b"")


def pack(value: Any, port: Port | None = None) -> Any:
    """Make a value fit for a record; opaque when its declared type would not give it back."""
    if is_plain(value):
        return value
    if _is_table(value):
        return Ext(int(ValueTag.ARROW), _arrow_bytes(value))
    kinds: list[type] = []
    try:
        data = _as_data(value, kinds)
        typed = _ENCODER.encode(data)
        if port is None or _comes_back(typed, (data, kinds), port):
            return Ext(int(ValueTag.TYPED), typed)
    except (TypeError, ValueError, OverflowError, RecursionError, Opaque):
        pass
    return Ext(int(ValueTag.OPAQUE), repr(type(value)).encode()[:200])


def _comes_back(typed: bytes, said: tuple[Any, list[type]], port: Port) -> bool:
    """Tell whether rebuilding gives the same data of the same classes."""
    kind = port.type
    if kind is Any or kind is object:
        return True  # kept to be looked at; `unpack` refuses it
    expected = exact_classes(kind)
    if expected is not None and expected.issuperset(said[1]):
        return True
    kinds: list[type] = []
    data = _as_data(_rebuilt(_decode_data(typed), port), kinds)
    return (data, kinds) == said


def identity(value: Any) -> Any:
    """A value as plain data that differs whenever the values or their classes do.

    Raises:
        TypeError: It has parts that cannot be compared.
    """
    kinds: list[type] = []
    data = _as_data(value, kinds)
    return [data, [f"{kind.__module__}:{kind.__qualname__}:{id(kind)}" for kind in kinds]]


def pack_all(values: Mapping[str, Any], ports: Mapping[str, Port]) -> dict[str, Any]:
    """Make values fit for a record, secrets removed; names without a port are packed by value."""
    packed = {}
    for name, value in values.items():
        port = ports.get(name)
        secret = port is not None and port.secret
        packed[name] = _secret(value) if secret else pack(value, port)
    return packed


def is_plain(value: Any) -> bool:
    """Tell whether msgpack gives exactly this value back.

    >>> is_plain({"a": [1, 2.5, None]}), is_plain((1, 2)), is_plain({1: "a"})
    (True, False, False)
    """
    kind = type(value)
    if kind in _SCALARS:
        return kind is not int or -_NUMBERS_FIT <= value < 2 * _NUMBERS_FIT
    if kind is list:
        return all(is_plain(item) for item in value)
    if kind is dict:
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    return False


def _is_table(value: Any) -> bool:
    return type(value).__module__ == "pyarrow.lib" and type(value).__name__ == "Table"


def _arrow_bytes(table: Any) -> bytes:
    import pyarrow as pa

    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def _as_data(value: Any, kinds: list[type]) -> Any:
    """Turn a value of a contract type into plain data; raise TypeError for others.

    The classes of everything but plain scalars are added to *kinds*, in reading order.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    kinds.append(kind)
    if isinstance(value, enum.Enum):
        return _as_data(value.value, kinds)
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta, uuid.UUID)):
        return value
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {_as_key(key, kinds): _as_data(item, kinds) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_data(item, kinds) for item in value]
    if isinstance(value, (set, frozenset)):
        return _sorted_items(value, kinds)
    if dataclasses.is_dataclass(value):
        return {f.name: _as_data(getattr(value, f.name), kinds) for f in dataclasses.fields(value)}
    if isinstance(getattr(kind, "model_fields", None), dict):
        return _model_data(value, kinds)
    if _is_table(value):
        return Ext(int(ValueTag.ARROW), _arrow_bytes(value))
    for plain in (int, float, str, bytes):
        if isinstance(value, plain):
            return _base_value(plain, value)
    raise TypeError(kind.__name__)


def _sorted_items(values: Any, kinds: list[type]) -> list[Any]:
    """The items of a set in an order that does not depend on the process."""
    items: list[tuple[bytes, Any, list[type]]] = []
    for value in values:
        inside: list[type] = []
        data = _as_data(value, inside)
        items.append((_ENCODER.encode(data), data, inside))
    items.sort(key=lambda item: item[0])
    for _, _, inside in items:
        kinds.extend(inside)
    return [data for _, data, _ in items]


def _model_data(value: Any, kinds: list[type]) -> Any:
    fields = type(value).model_fields
    if "root" in fields and len(fields) == 1:
        return _as_data(value.root, kinds)
    if getattr(value, "__pydantic_private__", None):
        raise TypeError(f"{type(value).__name__} has private values")
    whole = {name: _as_data(getattr(value, name), kinds) for name in fields}
    for name, extra in (getattr(value, "__pydantic_extra__", None) or {}).items():
        whole[name] = _as_data(extra, kinds)
    return whole


def _base_value(kind: Any, value: Any) -> Any:
    """A value of a subclass of a plain type, as that type."""
    return kind(value)


def _as_key(key: Any, kinds: list[type]) -> Any:
    if type(key) in _SCALARS:
        return key
    plain = _as_data(key, kinds)
    return tuple(plain) if isinstance(plain, list) else plain


_ENCODER = msgspec.msgpack.Encoder()


def unpack(slot: Any, port: Port | None, fetch: Fetch) -> Any:
    """Rebuild a kept value.

    Args:
        slot: What stands in the record.
        port: Its declared port, if known; its type rebuilds typed values.
        fetch: Reads a large value by its sha256.

    Raises:
        Opaque: It was not kept.
    """
    if type(slot) is not Ext:
        return slot
    match ValueTag(slot.code):
        case ValueTag.BLOB:
            sha, media_type, _ = msgspec.msgpack.decode(slot.data)
            return _from_blob(fetch(sha), media_type, port, fetch)
        case ValueTag.ARROW:
            return _read_arrow(bytes(slot.data))
        case ValueTag.TYPED:
            data = _decode_data(bytes(slot.data))
            return _rebuilt(data, port)
        case ValueTag.OPAQUE | ValueTag.SECRET:
            raise Opaque(bytes(slot.data).decode(errors="replace"))


def _from_blob(content: bytes, media_type: str, port: Port | None, fetch: Fetch) -> Any:
    if media_type == "application/vnd.apache.arrow.stream":
        return _read_arrow(content)
    if media_type == "application/octet-stream":
        return content
    return unpack(msgspec.msgpack.decode(content), port, fetch)


def _read_arrow(content: bytes | memoryview) -> Any:
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        return reader.read_all()


def _decode_data(content: bytes) -> Any:
    def hook(code: int, data: memoryview) -> Any:
        return _read_arrow(data) if code == ValueTag.ARROW else Ext(code, bytes(data))

    return msgspec.msgpack.Decoder(ext_hook=hook).decode(content)


def _rebuilt(data: Any, port: Port | None) -> Any:
    if port is None:
        return data
    from packetflow.capabilities.validate import adapter, validator

    if validator(port.type) is None:
        raise Opaque("its type is not declared, so it cannot be rebuilt")
    return adapter(port.type).validator.validate_python(data, by_alias=False, by_name=True)
