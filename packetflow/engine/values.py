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
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.msgpack import Ext

from packetflow.capabilities.contract import Port
from packetflow.engine.exact import exact_classes
from packetflow.kernel.records import ValueTag

Pack: TypeAlias = Callable[[Any], Any]
Fetch: TypeAlias = Callable[[str], bytes]

_SCALARS: Final = (bool, int, float, str, bytes, type(None))
_SCALAR_SET: Final = frozenset(_SCALARS)
_FLAT: Final = frozenset({bool, float, bytes, type(None)})
_STRING: Final = frozenset({str})
_NUMBERS_FIT: Final = 2**63


class Opaque(Exception):
    """The value could not be kept, so it has to be made again."""


def hidden(value: Any) -> Ext:  # noqa: ARG001 - nothing of it may be kept
    """What stands in a record for a secret value."""
    return Ext(int(ValueTag.SECRET), b"")


def pack(value: Any, port: Port | None = None) -> Any:
    """Make a value fit for a record; opaque when its declared type would not give it back."""
    kinds: list[type] = []
    try:
        if is_plain(value):
            return value
        if _is_table(value):
            return Ext(int(ValueTag.ARROW), _arrow_bytes(value))
        data = _as_data(value, kinds)
        typed = encode(data)
        if port is None or _comes_back(typed, (data, kinds), port):
            return Ext(int(ValueTag.TYPED), typed)
    except (TypeError, ValueError, OverflowError, RecursionError, AttributeError, Opaque):
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
    same = data == said[0] or encode(data) == typed  # the bytes of NaN are equal, NaN is not
    return same and kinds == said[1]


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
        packed[name] = hidden(value) if secret else pack(value, port)
    return packed


def is_plain(value: Any) -> bool:
    """Tell whether msgpack gives exactly this value back.

    >>> is_plain({"a": [1, 2.5, None]}), is_plain((1, 2)), is_plain({1: "a"})
    (True, False, False)
    """
    kind = type(value)
    if kind is str:
        return value.isascii() or sound(value) is value
    if kind in _FLAT:
        return True
    if kind is int:
        fits: bool = -_NUMBERS_FIT <= value < 2 * _NUMBERS_FIT
        return fits
    items = value
    if kind is dict:
        if not (_STRING.issuperset(map(type, value)) and all(map(is_plain, value))):
            return False
        items = value.values()
    elif kind is not list:
        return False
    for item in items:  # noqa: SIM110 - a generator takes three times as long
        if type(item) not in _FLAT and not is_plain(item):
            return False
    return True


def sound(text: str) -> str:
    r"""A text that UTF-8 can hold: itself, or one with its lone surrogates written out.

    Names of files hold such halves of characters when they are not UTF-8.

    >>> sound("caf\udce9"), sound("ab")
    ('caf\\udce9', 'ab')
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def said_by(error: BaseException) -> str:
    """What an error says; where its own words fail, that they do."""
    try:
        return str(error)
    except Exception as worse:  # noqa: BLE001 - a border: the class is the user's
        return f"({type(error).__name__} cannot say what it is: {type(worse).__name__})"


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
    if kind in _SCALAR_SET:
        return value
    kinds.append(kind)
    form, names = _form(kind)  # type: ignore[arg-type]  # a class can be hashed
    if form is _Form.FIELDS:
        return {name: _as_data(getattr(value, name), kinds) for name in names}
    if form is _Form.LIST:
        return [item if type(item) in _SCALAR_SET else _as_data(item, kinds) for item in value]
    if form is _Form.MAP:
        return {_as_key(key, kinds): _as_data(item, kinds) for key, item in value.items()}
    return _FORMS[form](value, kinds)


class _Form(enum.Enum):
    """How values of a class become plain data."""

    FIELDS = 1
    LIST = 2
    MAP = 3
    ENUM = 4
    LEAF = 5
    TEXT = 6
    SET = 7
    MODEL = 8
    TABLE = 9
    BASE = 10
    NONE = 11
    TIME = 12


_TIMES = (dt.datetime, dt.time)
_LEAVES = (dt.date, dt.timedelta, uuid.UUID)


@lru_cache(maxsize=4096)
def _form(kind: type) -> tuple[_Form, tuple[str, ...]]:
    """The form of a class, and its fields if it has some."""
    for form, bases in (
        (_Form.ENUM, (enum.Enum,)),
        (_Form.TIME, _TIMES),
        (_Form.LEAF, _LEAVES),
        (_Form.TEXT, (decimal.Decimal,)),
        (_Form.MAP, (Mapping,)),
        (_Form.LIST, (list, tuple)),
        (_Form.SET, (set, frozenset)),
    ):
        if issubclass(kind, bases):
            return form, ()
    if dataclasses.is_dataclass(kind):
        return _Form.FIELDS, tuple(field.name for field in dataclasses.fields(kind))
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, dict):
        config = getattr(kind, "model_config", {})
        own = getattr(kind, "__private_attributes__", None)
        plain = not own and config.get("extra") != "allow" and set(fields) != {"root"}
        return (_Form.FIELDS if plain else _Form.MODEL), tuple(fields)
    if kind.__module__ == "pyarrow.lib" and kind.__name__ == "Table":
        return _Form.TABLE, ()
    return (_Form.BASE if issubclass(kind, (int, float, str, bytes)) else _Form.NONE), ()


def _sorted_items(values: Any, kinds: list[type]) -> list[Any]:
    """The items of a set in an order that does not depend on the process."""
    items: list[tuple[bytes, Any, list[type]]] = []
    for value in values:
        inside: list[type] = []
        data = _as_data(value, inside)
        items.append((encode(data), data, inside))
    items.sort(key=lambda item: item[0])
    for _, _, inside in items:
        kinds.extend(inside)
    return [data for _, data, _ in items]


def _model_data(value: Any, kinds: list[type]) -> Any:
    """A model with more than its fields."""
    fields = type(value).model_fields
    if "root" in fields and len(fields) == 1:
        return _as_data(value.root, kinds)
    if getattr(value, "__pydantic_private__", None):
        raise TypeError(f"{type(value).__name__} has private values")
    whole = {name: _as_data(getattr(value, name), kinds) for name in fields}
    for name, extra in (getattr(value, "__pydantic_extra__", None) or {}).items():
        whole[name] = _as_data(extra, kinds)
    return whole


def time_data(value: dt.datetime | dt.time) -> Any:
    """A time as plain data that gives its clock and its offset back, though not a zone's name.

    Raises:
        TypeError: No text of it says all that it says.
    """
    offset = value.utcoffset()
    if offset is None:
        if value.fold or value.tzinfo is not None:
            raise TypeError("it falls into the hour that comes twice, or its offset is not known")
        return value
    if offset % dt.timedelta(minutes=1):
        raise TypeError(f"its offset {offset} is no whole number of minutes")
    return value.isoformat() if offset else value


def _base_value(value: Any, _: list[type]) -> Any:
    """A value of a subclass of a plain type, as that type."""
    for kind in (int, float, str, bytes):
        if isinstance(value, kind):
            return _as_base(kind, value)
    raise AssertionError(type(value))


def _as_base(kind: Any, value: Any) -> Any:
    return kind(value)


def _refused(value: Any, _: list[type]) -> Any:
    raise TypeError(type(value).__name__)


_FORMS: Final[dict[_Form, Callable[[Any, list[type]], Any]]] = {
    _Form.ENUM: lambda value, kinds: _as_data(value.value, kinds),
    _Form.LEAF: lambda value, _: value,
    _Form.TIME: lambda value, _: time_data(value),
    _Form.TEXT: lambda value, _: str(value),
    _Form.SET: _sorted_items,
    _Form.MODEL: _model_data,
    _Form.TABLE: lambda value, _: Ext(int(ValueTag.ARROW), _arrow_bytes(value)),
    _Form.BASE: _base_value,
    _Form.NONE: _refused,
}


def _as_key(key: Any, kinds: list[type]) -> Any:
    if type(key) in _SCALARS:
        return key
    plain = _as_data(key, kinds)
    return tuple(plain) if isinstance(plain, list) else plain


encode = msgspec.msgpack.Encoder().encode
"""Plain data as msgpack."""


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
    return adapter(port.type).validator.validate_python(
        data, strict=False, by_alias=False, by_name=True
    )


def copied(value: Any, port: Port) -> Callable[[], Any]:
    """A function that gives the value, as a fresh copy each time where it could be changed.

    What no record takes (a connection, a loaded model) is given out as it is, and so is a table,
    which cannot be changed.
    """
    if type(value) in _SCALAR_SET or _is_table(value):
        return lambda: value
    content = b""

    def fresh() -> Any:
        return unpack(msgspec.msgpack.decode(content), port, _no_blobs)

    try:
        slot = pack(value, dataclasses.replace(port, secret=False))
        content = msgspec.msgpack.encode(slot)
        fresh()
    except (Opaque, ValueError, TypeError, OverflowError):
        return lambda: value
    return fresh


def _no_blobs(sha: str) -> bytes:
    raise Opaque(sha)
