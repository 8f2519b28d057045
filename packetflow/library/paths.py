"""Where a path points: beside the running program first, then inside the workspace."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from packetflow.capabilities import Context
from packetflow.errors import LibraryError, did_you_mean


def existing(path: str, context: Context | None = None) -> Path:
    """Find what a path names: as it stands, or relative to the workspace folder.

    Raises:
        LibraryError: It is empty or nothing is there; the message offers a similar name.
    """
    if not path.strip():
        raise LibraryError("the path is empty; give a file or folder", path=path)
    places = [Path(path).expanduser()]
    if context is not None and context.workspace and not places[0].is_absolute():
        places.append(Path(context.workspace) / path)
    for place in places:
        try:
            if place.exists():
                return place
        except (OSError, ValueError) as error:
            raise LibraryError(f"{path!r} is no usable path: {error}", path=path) from error
    folder = places[-1].parent
    names = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(places[-1].name, names, 1)
    if not folder.is_dir():
        where = f"there is no folder {folder}"
    else:
        where = f"nothing of that name is in {folder.resolve()}"
    raise LibraryError(f"cannot find {path!r}: {where}{did_you_mean(near)}", path=path)


def existing_file(path: str, context: Context | None = None) -> Path:
    """Find a file.

    Raises:
        LibraryError: Nothing is there, or it is a folder.
    """
    found = existing(path, context)
    if found.is_dir():
        raise LibraryError(f"{path!r} is a folder; give a file in it", path=path)
    return found


def writable(path: str, context: Context | None = None) -> Path:
    """Name the place to write to, inside the workspace when the path is relative; makes its folder.

    Raises:
        LibraryError: The path is empty, is a folder, or its folder cannot be made.
    """
    if not path.strip():
        raise LibraryError("the path is empty; say which file to write", path=path)
    place = Path(path).expanduser()
    if context is not None and context.workspace and not place.is_absolute():
        place = Path(context.workspace) / place
    if place.is_dir():
        raise LibraryError(f"{path!r} is a folder; say which file to write in it", path=path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"cannot make the folder of {path!r}: {error}", path=path) from error
    return place


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        LibraryError: It cannot be written.
    """
    half = place.with_name(f".{place.name}.half")
    try:
        half.write_bytes(content)
        half.replace(place)
    except OSError as error:
        raise LibraryError(
            f"cannot write {place.name!r}: {error.strerror}; choose another folder",
            path=str(place),
        ) from error
    finally:
        half.unlink(missing_ok=True)
