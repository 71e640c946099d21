"""What comes from the system: Pango for the PDF, chromium for the browser tests.

Installed when the user may; Pango otherwise unpacked into the cache. What is
still missing is named, with what will not work, and the rest goes on.
"""

import ctypes.util
import os
import pathlib
import shutil

from . import apt, once, paths, ui

FOLDER = paths.CACHE / "pango"
PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
PANGO_AND_NEEDS = (
    *PANGO,
    "libharfbuzz0b",
    "libfontconfig1",
    "fontconfig-config",
    "fonts-dejavu-core",
    "libglib2.0-0",
    "libfribidi0",
    "libthai0",
    "libthai-data",
    "libdatrie1",
    "libfreetype6",
    "libpng16-16",
    "libbrotli1",
    "libgraphite2-3",
)
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")


def has_pango() -> bool:
    """Tell whether the machine itself has what WeasyPrint loads."""
    return all(ctypes.util.find_library(name) for name in LIBRARIES)


def environment() -> dict[str, str]:
    """Return the variables by which an unpacked Pango is found."""
    libraries = sorted({str(path.parent) for path in FOLDER.glob("usr/lib/*/*.so.*")})
    if not libraries or has_pango():
        return {}
    known = os.environ.get("LD_LIBRARY_PATH")
    return {
        "LD_LIBRARY_PATH": os.pathsep.join([*libraries, *([known] if known else [])]),
        "FONTCONFIG_FILE": str(FOLDER / "fonts.conf"),
    }


def _unpack_pango() -> None:
    suite = apt.codename()
    names = [f"{name}/{suite}" for name in PANGO_AND_NEEDS]
    apt.unpack("Pango into the cache (9 MB)", names, FOLDER)
    (FOLDER / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f"<dir>{FOLDER}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{FOLDER}/fontcache</cachedir></fontconfig>\n"
    )


def pango() -> None:
    """Have Pango, or say that bills come as PDF by another way."""
    if has_pango() or environment():
        return
    try:
        if apt.may_install():
            apt.install("Pango from Debian", PANGO)
        elif apt.available():
            once.step("pango", once.digest(*PANGO_AND_NEEDS), _unpack_pango)
    except (ui.Failure, OSError) as failure:
        ui.warn(str(failure))
    if not has_pango() and not environment():
        ui.warn(
            f"Pango is missing ({', '.join(PANGO)}): the PDF of a bill is not made."
        )


def browser() -> str | None:
    """Return the browser, or nothing."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def chromium() -> None:
    """Have a browser, or say that the browser tests are left out."""
    if browser():
        return
    if apt.may_install():
        try:
            apt.install("chromium from Debian (90 MB)", ("chromium",))
        except ui.Failure as failure:
            ui.warn(str(failure))
    if not browser():
        ui.warn("chromium is missing (apt-get install chromium): no browser tests.")


def pdf_font_folder() -> pathlib.Path:
    """Return the folder of the unpacked fonts."""
    return FOLDER / "usr" / "share" / "fonts"
