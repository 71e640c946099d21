"""The files of the translations: the template and one file for each language.

Run by ``python3 -m dev i18n`` in the virtual environment, which has polib.
"""

import argparse
import pathlib
import sys

import polib

from .ui import say

LANGUAGES = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
}
HEADER = "Translation of the Odoo add-on msp_billing."
# Moments would make every export another file.
METADATA = {
    "Project-Id-Version": "Odoo Server 19.0",
    "Report-Msgid-Bugs-To": "",
    "Last-Translator": "",
    "Language-Team": "",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}


def template(terms: polib.POFile) -> polib.POFile:
    """Return the template: the terms that Odoo exports, in order, without moments."""
    return _filled(terms, {}, {})


def carried(terms: polib.POFile, old: polib.POFile, language: str) -> polib.POFile:
    """Return the file of a language for these terms.

    Translations stay with their term; new terms are empty; old ones are gone.
    """
    kept = {entry.msgid: entry.msgstr for entry in old if not entry.obsolete}
    more = {"Language": language, "Plural-Forms": LANGUAGES[language]}
    return _filled(terms, kept, more)


def _filled(
    terms: polib.POFile, known: dict[str, str], more: dict[str, str]
) -> polib.POFile:
    file = polib.POFile(wrapwidth=78)
    file.header = HEADER
    file.metadata = {**METADATA, **more}
    for entry in sorted(terms, key=lambda entry: entry.msgid):
        file.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                comment=entry.comment,
                occurrences=sorted(entry.occurrences),
            )
        )
    return file


def missing(file: polib.POFile) -> list[str]:
    """Return the terms that have no translation."""
    return [entry.msgid for entry in file if not entry.msgstr]


def text(file: polib.POFile) -> str:
    """Return what a file holds as it is written."""
    return str(file).rstrip("\n") + "\n"


def opened(path: pathlib.Path) -> polib.POFile:
    """Return what a file holds; one that is not there holds nothing."""
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def carry(source: pathlib.Path, folder: pathlib.Path, *, write: bool) -> list[str]:
    """Bring the template and all languages to the exported terms.

    :param source: what Odoo exports, as a file
    :param folder: the add-on's ``i18n``
    :return: what is not complete, a line for each file
    """
    terms = polib.pofile(str(source))
    files = {folder / "msp_billing.pot": template(terms)}
    for language in LANGUAGES:
        path = folder / f"{language}.po"
        files[path] = carried(terms, opened(path), language)
    told = []
    for path, file in files.items():
        if not write and (not path.exists() or path.read_text() != text(file)):
            told.append(f"{path.name}: it has not the terms of the code")
        count = len(missing(file)) if path.suffix == ".po" else 0
        if count:
            told.append(f"{path.name}: {count} of {len(file)} terms are missing")
        if write:
            path.write_text(text(file))
    return told


def main() -> int:
    """Bring the files to the terms, or tell what they lack."""
    parser = argparse.ArgumentParser(prog="dev.i18n_files", allow_abbrev=False)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    told = carry(options.source, options.folder, write=not options.check)
    say("\n".join(told or ["All terms are translated."]))
    return 1 if options.check and told else 0


if __name__ == "__main__":
    sys.exit(main())
