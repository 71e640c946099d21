"""The linters: pre-commit, every hook local, tools from PyPI and npm only."""

import os
import shutil

from . import node, paths, setup, tools, ui


def environment() -> dict[str, str]:
    """Return the environment of pre-commit and of its hooks."""
    env = {
        "PRE_COMMIT_HOME": str(paths.CACHE / "pre-commit"),
        "npm_config_cache": str(paths.CACHE / "npm"),
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
        # A checkout that another user owns, as in a container, is fine.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(paths.ROOT),
    }
    path = node.environment().get("PATH", os.environ.get("PATH", os.defpath))
    env["PATH"] = os.pathsep.join((str(paths.VENV / "bin"), path))
    return env


def main(arguments: list[str]) -> int:
    """Run every linter on every file, or on the named ones."""
    setup.ensure()
    if not shutil.which("git") or not (paths.ROOT / ".git").exists():
        raise ui.Failure(
            "The linters work on a git checkout", "Install git and clone the repository"
        )
    base = [str(paths.PYTHON), "-m", "pre_commit", "run"]
    scope = ["--files", *arguments] if arguments else ["--all-files"]
    code = tools.call([*base, *scope], apart=True, **environment())
    if code:
        raise ui.Failure("The linters found something", "See above; fix it, repeat")
    return 0
