"""``python3 -m dev samples``: the sample documents of the manual, as pictures and PDF.

Makes them in a database of its own. Those in another language are made when the
add-on is translated. Pictures of the pages need ``pdftoppm`` (Debian: poppler-utils).
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import databases, odoo_conf, paths, postgres, setup, system, ui

TARGET = paths.ROOT / "docs" / "samples"
SHOT = pathlib.Path(__file__).with_name("samples_pictures.py")
#: The country's payment code is a module of Odoo's, as a provider there has it.
MODULES = "account_qr_code_sepa"
LANGUAGES = ("en_US", "de_DE")


def languages() -> list[str]:
    """Return the languages in which the add-on speaks."""
    texts = paths.ROOT / databases.ADDON / "i18n"
    return [
        code
        for code in LANGUAGES
        if code == "en_US" or (texts / f"{code[:2]}.po").exists()
    ]


def main(arguments: list[str]) -> int:
    """Make the samples of all languages, or of those that are named."""
    found = setup.prepare(browser=True)
    if not shutil.which("pdftoppm"):
        raise ui.Failure("pdftoppm is missing", "apt-get install poppler-utils")
    TARGET.mkdir(parents=True, exist_ok=True)
    with postgres.serving():
        template = databases.template(found)
        for lang in arguments or languages():
            make(template, lang)
    return 0


def make(template: str, lang: str) -> None:
    """Make the samples of one language."""
    name = f"msp_samples_{os.getpid()}"
    with (
        databases.temporary(template, name),
        tempfile.TemporaryDirectory() as folder,
    ):
        databases.odoo(
            f"Install {databases.ADDON} in {lang}",
            *("-d", name, "-i", f"{databases.ADDON},{MODULES}"),
            *("--load-language", lang, "--without-demo=all"),
        )
        play(name, folder, lang)
        environment = odoo_conf.environment(
            MSP_FOLDER=folder,
            MSP_IMAGES=str(TARGET),
            MSP_BROWSER=system.browser() or "",
        )
        subprocess.run(
            [str(paths.PYTHON), str(SHOT)],
            check=True,
            env={**os.environ, **environment},
        )
    ui.say(f"  ✓ {TARGET} ({lang})")


def play(name: str, folder: str, lang: str) -> None:
    """Play the story in Odoo's shell."""
    code = (
        f"import sys; sys.path.append({str(paths.ROOT)!r})\n"
        "from dev import samples_story\n"
        f"samples_story.play(env, {folder!r}, {lang!r})\n"
    )
    answer = subprocess.run(
        odoo_conf.command("shell", "-d", name, "--no-http"),
        input=code,
        capture_output=True,
        env=odoo_conf.environment(),
        cwd=paths.CACHE,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise ui.Failure(f"The samples failed: {answer.stderr[-2000:]}")
