"""Remove what was made: databases, server, cache."""

import pathlib
import shutil

from . import databases, paths, postgres, ui

MADE_HERE = (".coverage", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache")


def main(_arguments: list[str]) -> int:
    """Stop our server and remove the cache; on the user's server our databases."""
    if paths.PYTHON.exists() and postgres.own():
        for name in databases.leftovers(["msp_template_", "msp_test_", "msp_demo"]):
            databases.drop(name)
    elif paths.PYTHON.exists():
        postgres.stop()
    shutil.rmtree(postgres.socket_folder(), ignore_errors=True)
    shutil.rmtree(paths.CACHE, ignore_errors=True)
    for name in MADE_HERE:
        _remove(paths.ROOT / name)
    for folder in paths.ROOT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
    if paths.CACHE.exists():
        raise ui.Failure(f"{paths.CACHE} could not be removed", "Remove it by hand")
    ui.say(f"Removed {paths.CACHE}")
    return 0


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
