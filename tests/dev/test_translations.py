"""Every language has every term, and says it with the same placeholders and tags."""

import collections
import pathlib
import re

import polib
import pytest

from dev import i18n_files

FOLDER = pathlib.Path(__file__).parents[2] / "msp_billing" / "i18n"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdif](?!\w)|\$?\{\w*\}|%%")
TAG = re.compile(r"<[^<>]+>")
SPACE = re.compile(r"\S(  +)\S")
# Whole words of English that no other language here has.
ENGLISH = re.compile(
    r"\b(the|and|are|has|have|bills?|billing cycle|which|with|been|must|cannot|"
    r"subscription|charges|held|choose)\b",
    re.IGNORECASE,
)
# Names, formats and words that are spelled alike: in every language, and in one.
ALIKE = {
    "*": """
        (object._get_report_base_filename())|%(name)s (%(count)s)|BIC|ID|MSP Billing|
        PDF|XLSX|<span invisible="method != 'percent'">%</span>|<span>0</span>|
        minimum_amount|payment_state|{{ object.mail_subject }}""",
    "de": """
        %(name)s: %(reason)s|%(name)s: %(text)s|%(subscription)s: %(reason)s|
        %(day)s: %(acts)s|Agent|April|August|Bank|Code|Computer|Dashboard|Details|
        Format|Icon|JSON|Journal|Manager|Minimum|Name|November|Optional|
        Organisation|Plan|Problem|September|Server|Status|Text""",
    "es": """
        %(name)s: %(reason)s|%(name)s: %(text)s|%(subscription)s: %(reason)s|
        %(day)s: %(acts)s|JSON|Message-ID|Plan|Regular|Total|billing@customer.example|
        factor|proforma""",
    "fr": """
        Agent|Audit|Code|Configuration|Contact|Correction|Corrections|Date|Description|
        Format|Importable|Journal|Maximum|Message|Message-ID|Messages|Minimum|Moment|
        Note|Organisation|Site|Sites|Source|Sources|Taxes|Total|Type|Types|Volume|
        maximum|minimum|proforma""",
}


def alike(language):
    """Return the terms that may stay as they are."""
    listed = f"{ALIKE['*']}|{ALIKE[language]}".split("|")
    return {" ".join(term.split()) for term in listed}


def counted(pattern, text):
    """Return how often each match stands in a text; tags without their spaces."""
    found = (" ".join(match.split()) for match in pattern.findall(text))
    return collections.Counter(found)


def edges(text):
    """Return what space a text begins and ends with."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def faults(language, entry):
    """Return what is wrong with a translation."""
    term, text = entry.msgid, entry.msgstr
    if not text:
        return ["it is missing"]
    found = []
    if counted(PLACEHOLDER, term) != counted(PLACEHOLDER, text):
        found.append("its placeholders differ")
    if counted(TAG, term) != counted(TAG, text):
        found.append("its tags differ")
    if edges(term) != edges(text):
        found.append("it begins or ends with other space")
    if SPACE.search(text) and not SPACE.search(term):
        found.append("it has two spaces")
    if term == text and term not in alike(language):
        found.append("it is not translated")
    bare = PLACEHOLDER.sub("", TAG.sub("", text))
    if ENGLISH.search(bare):
        found.append(f"it has English in it: {ENGLISH.search(bare)[0]}")
    return found


@pytest.mark.parametrize("language", sorted(i18n_files.LANGUAGES))
def test_every_term_is_translated(language):
    template = polib.pofile(str(FOLDER / "msp_billing.pot"))
    file = polib.pofile(str(FOLDER / f"{language}.po"))

    assert [entry.msgid for entry in file] == [entry.msgid for entry in template]
    assert not [entry.msgid for entry in file if entry.fuzzy or entry.obsolete]
    wrong = {entry.msgid: faults(language, entry) for entry in file}
    assert {term: found for term, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("term", "text", "fault"),
    [
        ("%(count)s bills", "%(count)s Rechnungen", None),
        ("%(count)s bills", "%(anzahl)s Rechnungen", "its placeholders differ"),
        ("Bill {number}", "Rechnung", "its placeholders differ"),
        ("5 % off", "5 % Nachlass", None),
        ("<b>Bill</b>", "<b>Rechnung</b>", None),
        ("<b>Bill</b>", "<i>Rechnung</i>", "its tags differ"),
        ("Bill\n   it", "Rechne es ab", None),
        (" Bill", "Rechnung", "it begins or ends with other space"),
        ("Bill it", "Rechne  ab", "it has two spaces"),
        ("Bill", "", "it is missing"),
        ("Bill", "Bill", "it is not translated"),
        ("Server", "Server", None),
        ("The bill", "Die bill", "it has English in it: bill"),
    ],
)
def test_faults_are_found(term, text, fault):
    found = faults("de", polib.POEntry(msgid=term, msgstr=text))

    assert fault in found if fault else not found
