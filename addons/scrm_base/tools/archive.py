"""Many files as archives that one can open, none of them too large to be sent."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

NAME_CHARACTERS = 120
# What may stand in no file's name on some system, and what would lead out of the folder.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def clean_name(name: str) -> str:
    """Return a name by which a file can be unpacked anywhere, its ending kept."""
    name = _FORBIDDEN.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:NAME_CHARACTERS]
    return f"{stem[: NAME_CHARACTERS - len(ending) - 1]}.{ending}"


def pack(files: Iterable[tuple[str, bytes]], limit: int) -> Iterator[bytes]:
    """Yield zip archives of the files, in their order, a new one when the limit is passed.

    :param files: names, each once, and contents; read one at a time
    :param limit: bytes of contents in one archive; a larger file has one of its own
    """
    buffer, size = BytesIO(), 0
    archive = ZipFile(buffer, "w", ZIP_DEFLATED)
    for name, content in files:
        if size and size + len(content) > limit:
            archive.close()
            yield buffer.getvalue()
            buffer, size = BytesIO(), 0
            archive = ZipFile(buffer, "w", ZIP_DEFLATED)
        archive.writestr(name, content)
        size += len(content)
    names = archive.namelist()
    archive.close()
    if names:
        yield buffer.getvalue()
