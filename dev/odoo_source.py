"""Odoo 19: the user's own, an importable one, Debian's package, or a clone."""

import importlib.util
import os
import pathlib
import re
import shutil

from . import apt, once, paths, ui

SERIES = "19.0"
TARGET = paths.CACHE / "odoo"
CLONE_OF = "https://github.com/odoo/odoo"
# Debian strips these from Odoo; without jquery every page is an error. The icons
# must be bookworm's 4.7: later packages name the files differently.
PACKAGES = (
    "odoo-19/sid",
    "libjs-jquery/sid",
    "libjs-jquery-form/sid",
    "libjs-underscore/sid",
    "fonts-roboto-unhinted/sid",
    "fonts-montserrat/sid",
    "fonts-font-awesome/bookworm",
    "fonts-inconsolata/bookworm",
    "fonts-ocr-b/bookworm",
)
DEBIAN = once.digest("debian", *PACKAGES)
DIST = pathlib.Path("usr/lib/python3/dist-packages")
# Missing in Debian's package; its absence is a console error in every browser.
ABSENT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def series(folder: pathlib.Path) -> str:
    """Return the series of the Odoo in a folder, or nothing."""
    try:
        text = (folder / "odoo" / "release.py").read_text()
    except OSError:
        return ""
    found = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
    return f"{found[1]}.{found[2]}" if found else ""


def _named() -> pathlib.Path | None:
    """Return the Odoo that the user names."""
    named = os.environ.get("ODOO_PATH")
    if not named:
        return None
    folder = pathlib.Path(named).expanduser().resolve()
    for candidate in (folder, folder.parent, folder / DIST):
        if series(candidate) == SERIES:
            return candidate
    raise ui.Failure(
        f"ODOO_PATH={named} holds no Odoo {SERIES}",
        "Name the folder that holds odoo/release.py, or unset ODOO_PATH",
    )


def _importable() -> pathlib.Path | None:
    """Return the Odoo that the user's Python can import."""
    spec = importlib.util.find_spec("odoo")
    places = [spec.origin] if spec and spec.origin else []
    places += list(spec.submodule_search_locations or []) if spec else []
    for candidate in (pathlib.Path(place).parent for place in places):
        for folder in (candidate, candidate.parent):
            if series(folder) == SERIES:
                return folder
    return None


def _from_debian() -> pathlib.Path:
    def action() -> None:
        apt.unpack("Odoo 19 from Debian (120 MB)", PACKAGES, TARGET)
        script = TARGET / DIST / ABSENT
        if not script.exists():
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text("")

    if not series(TARGET / DIST):
        once.forget("odoo")
    once.step("odoo", DEBIAN, action)
    return TARGET / DIST


def _from_clone() -> pathlib.Path:
    if not shutil.which("git"):
        raise ui.Failure(
            "Odoo 19 is not here, and neither apt nor git can fetch it",
            "Install git, or name your Odoo 19 by ODOO_PATH",
        )

    def fill(draft: pathlib.Path) -> None:
        command = ["git", "clone", "--depth=1", f"--branch={SERIES}", CLONE_OF]
        ui.run(
            "Odoo 19 from its public repository",
            [*command, draft / "source"],
            todo="Check the network, or name your Odoo 19 by ODOO_PATH",
        )

    source = TARGET / "source"
    if not series(source):
        once.forget("odoo")
    once.step("odoo", once.digest("clone"), lambda: once.folder(TARGET, fill))
    return source


def find() -> pathlib.Path:
    """Return the folder to put on Python's path, fetching Odoo when needed."""
    found = _named() or _importable()
    if found:
        return found
    if once.is_done("odoo", DEBIAN) and series(TARGET / DIST):
        return TARGET / DIST
    if apt.available():
        try:
            return _from_debian()
        except ui.Failure as failure:
            ui.warn(f"{failure} Trying a clone instead.")
    return _from_clone()
