"""The parts of ``dev`` that decide something, without installing anything."""

import pathlib
import socket

import pytest

from dev import databases, logcheck, odoo_source, once, stages, tools, ui

NUM2WORDS = "/x/num2words/lang.py:1: DeprecationWarning: invalid escape sequence"
STAMP = "2026-05-01 10:00:00,000 42"


def written(folder, *lines):
    log = folder / "odoo.log"
    log.write_text("\n".join(lines) + "\n")
    return log


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        (f"{STAMP} INFO db odoo.registry: loaded", False),
        (f"{STAMP} INFO msp_billing odoo.registry: Warning is only a word", False),
        (f"{STAMP} WARNING db odoo.registry: a field is odd", True),
        (f"{STAMP} ERROR ? odoo.sql_db: bad query", True),
        (f"{STAMP} CRITICAL db odoo.service.server: failed", True),
        (f"{STAMP} INFO db odoo.x: DeprecationWarning: use something else", True),
        (f"{STAMP} WARNING db py.warnings: {NUM2WORDS}", False),
    ],
)
def test_log_findings(tmp_path, line, bad):
    assert bool(logcheck.findings(written(tmp_path, line))) is bad


def test_log_record_keeps_its_lines(tmp_path):
    log = written(
        tmp_path,
        f"{STAMP} ERROR db odoo.sql_db: bad query",
        "ERROR: duplicate key",
        f"{STAMP} INFO db odoo.registry: loaded",
    )

    assert [record.level for record in logcheck.records(log)] == ["ERROR", "INFO"]
    assert logcheck.findings(log)[0].endswith("ERROR: duplicate key")


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        (f"{STAMP} WARNING msp_billing odoo.models: something of Odoo", False),
        (f"{STAMP} WARNING db odoo.addons.msp_billing.models.x: something", True),
        (f"{STAMP} WARNING db py.warnings: /x/msp_billing/models/x.py:1: old", True),
    ],
)
def test_only_ours(tmp_path, line, ours):
    log = written(tmp_path, line)

    assert bool(logcheck.findings(log, only_ours=True)) is ours


def test_folder_is_whole_or_not_there(tmp_path):
    target = tmp_path / "made"

    def half(draft):
        (draft / "half").touch()
        raise ui.Failure("Stopped half way")

    with pytest.raises(ui.Failure):
        once.folder(target, half)
    assert not target.exists()

    once.folder(target, lambda draft: (draft / "whole").touch())
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_step_is_done_once_for_a_key(tmp_path, monkeypatch):
    monkeypatch.setattr(once.paths, "CACHE", tmp_path)
    done = []

    for key in ("a", "a", "b"):
        once.step("step", key, lambda key=key: done.append(key))

    assert done == ["a", "b"]


def test_step_that_fails_is_done_again(tmp_path, monkeypatch):
    monkeypatch.setattr(once.paths, "CACHE", tmp_path)

    def fail():
        raise ui.Failure("No network")

    with pytest.raises(ui.Failure):
        once.step("step", "a", fail)
    assert not once.is_done("step", "a")


def test_port_in_use_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert tools.free_port(port) > port


def test_series_of_odoo(tmp_path):
    (tmp_path / "odoo").mkdir()
    release = tmp_path / "odoo" / "release.py"
    release.write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")

    assert odoo_source.series(tmp_path) == "19.0"
    assert odoo_source.series(tmp_path / "odoo") == ""


def test_named_odoo_must_be_one(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))

    with pytest.raises(ui.Failure, match="ODOO_PATH"):
        odoo_source.find()


@pytest.mark.parametrize("name", ["a;b", '"', "", "1a", "x" * 80])
def test_names_that_name_no_database(name):
    with pytest.raises(ui.Failure):
        databases.check_name(name)


def test_totals(tmp_path):
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite tests="5" failures="1" errors="1" skipped="1">'
        '<testcase classname="a.B" name="good"/><testcase classname="a.B" name="bad">'
        '<failure message="1 is not 2&#10;more">all of it</failure></testcase>'
        "</testsuite></testsuites>"
    )
    totals = stages.Totals()
    totals.add(report)
    totals.add(tmp_path / "absent.xml")

    assert str(totals) == "2 passed, 3 failed, 1 skipped"
    assert totals.failures == ["a.B.bad: 1 is not 2"]


def test_cause_is_the_line_that_tells_why(tmp_path):
    log = pathlib.Path(written(tmp_path, "x", "ValueError: no", f"{STAMP} INFO - end"))

    assert ui.cause(log) == "ValueError: no"
