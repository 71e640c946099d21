"""The files of the translations follow the terms of the code."""

import polib
import pytest

from dev import i18n_files

EXPORT = """
# Translation of Odoo Server.
msgid ""
msgstr ""
"POT-Creation-Date: {moment}\\n"

{entries}
"""
ENTRY = """
#. module: msp_billing
#. odoo-python
#: code:addons/msp_billing/models/x.py:0
msgid "{term}"
msgstr ""
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "i18n").mkdir()
    return tmp_path / "i18n"


@pytest.fixture
def carry(tmp_path, folder):
    def carry(*terms, moment="2026-05-01 10:00+0000", write=True):
        source = tmp_path / "exported.po"
        entries = "".join(ENTRY.format(term=term) for term in terms)
        source.write_text(EXPORT.format(moment=moment, entries=entries))
        return i18n_files.carry(source, folder, write=write)

    return carry


def translate(folder, language, **known):
    path = folder / f"{language}.po"
    file = polib.pofile(str(path))
    for entry in file:
        entry.msgstr = known.get(entry.msgid, entry.msgstr)
    path.write_text(i18n_files.text(file))


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_translations_stay_with_their_term(carry, folder):
    carry("Bill", "Gone")
    translate(folder, "de", Bill="Rechnung", Gone="Weg")

    assert carry("Bill", "New")[0] == "de.po: 1 of 2 terms are missing"

    file = polib.pofile(str(folder / "de.po"))
    assert {entry.msgid: entry.msgstr for entry in file} == {
        "Bill": "Rechnung",
        "New": "",
    }


def test_same_terms_make_the_same_files(carry, folder):
    carry("Bill", "Charge")
    translate(folder, "fr", Bill="Facture")
    before = content(folder)

    carry("Charge", "Bill", moment="2027-01-01 00:00+0000")

    assert content(folder) == before
    assert not any("2026-05-01" in text for text in before.values())


def test_a_check_changes_nothing(carry, folder):
    carry("Bill")
    for language in i18n_files.LANGUAGES:
        translate(folder, language, Bill="X")
    before = content(folder)

    assert carry("Bill", write=False) == []
    told = carry("Bill", "New", write=False)

    assert content(folder) == before
    assert "msp_billing.pot: it has not the terms of the code" in told
    assert "es.po: 1 of 2 terms are missing" in told


def test_a_check_of_an_empty_folder_fails(carry, folder):
    assert "fr.po: it has not the terms of the code" in carry("Bill", write=False)
    assert not list(folder.iterdir())
