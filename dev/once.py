"""Steps that are done once: stamped, locked, and never half done."""

import contextlib
import fcntl
import hashlib
import pathlib
import shutil
from collections.abc import Callable, Iterator

from . import paths


def digest(*parts: object) -> str:
    """Return a key for what a step depends on; a file counts by its content."""
    total = hashlib.sha256()
    for part in parts:
        is_file = isinstance(part, pathlib.Path) and part.is_file()
        data = part.read_bytes() if is_file else str(part).encode()
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:16]


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time do the step of this name."""
    folder = paths.CACHE / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _stamp(name: str) -> pathlib.Path:
    return paths.CACHE / "stamp" / name


def is_done(name: str, key: str) -> bool:
    """Tell whether the step was done for this key."""
    try:
        return _stamp(name).read_text() == key
    except OSError:
        return False


def forget(name: str) -> None:
    """Have the step done again next time."""
    _stamp(name).unlink(missing_ok=True)


def step(name: str, key: str, action: Callable[[], object]) -> bool:
    """Do a step unless it was done for this key; tell whether it was done now."""
    if is_done(name, key):
        return False
    with locked(name):
        if is_done(name, key):
            return False
        forget(name)
        action()
        _stamp(name).parent.mkdir(parents=True, exist_ok=True)
        _stamp(name).write_text(key)
    return True


def folder(target: pathlib.Path, fill: Callable[[pathlib.Path], object]) -> None:
    """Make a folder under another name and rename it when it is complete."""
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    fill(draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
