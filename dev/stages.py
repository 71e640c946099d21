"""The stages of ``make test``, each with its own database, and their summary."""

import os
import pathlib
import time
from collections.abc import Callable
from typing import NamedTuple
from xml.etree import ElementTree

from . import (
    databases,
    lint,
    logcheck,
    odoo_conf,
    paths,
    postgres,
    server,
    setup,
    system,
    ui,
)
from .databases import ADDON, FASTER
from .tools import call, free_port

DAY = 24 * 3600.0
ODOO_LINT = (
    "TestIndex",
    "RoutesLinter",
    "TestNaming",
    "ManifestLinter",
    "TestLintOverrideSignatures",
    "TestTestHoles",
    "TestOnchangeDomains",
)


PAGES = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"


def _failed(case: ElementTree.Element) -> bool:
    return any(part.tag in ("failure", "error") for part in case)


def _failure(case: ElementTree.Element) -> str:
    """Return the name of a test that failed and the first line of the reason."""
    messages = [part.get("message") or "" for part in case]
    first = "".join(messages[:1]).strip().partition("\n")[0][:300]
    return f"{case.get('classname')}.{case.get('name')}: {first}"


class Totals:
    """The tests of all runs of pytest."""

    def __init__(self) -> None:
        self.run = self.failed = self.skipped = 0
        self.failures: list[str] = []

    def add(self, report: pathlib.Path) -> None:
        """Count what a run of pytest reports."""
        if not report.exists():
            self.run += 1
            self.failed += 1
            return
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            self.run += int(suite.get("tests", 0))
            self.failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            self.skipped += int(suite.get("skipped", 0))
            self.failures += map(_failure, filter(_failed, suite))

    def __str__(self) -> str:
        passed = self.run - self.failed - self.skipped
        return f"{passed} passed, {self.failed} failed, {self.skipped} skipped"


TOTALS = Totals()


class Context(NamedTuple):
    """What the stages share."""

    template: str
    prefix: str

    def name(self, what: str) -> str:
        """Return the name of a database of this run."""
        return f"{self.prefix}{what}"

    def log(self, what: str) -> pathlib.Path:
        """Return the log of a stage."""
        return paths.LOGS / f"{self.prefix}{what}.log"


def _pytest(*arguments: object, **more: str) -> None:
    command = [str(paths.PYTHON), "-m", "pytest", "-p", "no:cacheprovider"]
    report = paths.LOGS / f"msp_test_{os.getpid()}_junit.xml"
    report.unlink(missing_ok=True)
    env = {"PGOPTIONS": FASTER, "COVERAGE_FILE": str(coverage_file()), **more}
    options = (f"--junitxml={report}", *map(str, arguments))
    code = call([*command, *options], apart=True, **env)
    TOTALS.add(report)
    if code:
        raise ui.Failure(f"pytest ended with {code}", "See above")


def _shared(*arguments: object) -> None:
    """Run pytest-odoo in a process per processor, each on a copy of the database.

    The tests of a class stay together. More than four processes wait for the disk.
    """
    count = min(os.cpu_count() or 1, 4)
    apart = ("-n", count, "--dist", "loadscope", "-p", "dev.shared_files")
    share = apart if count > 1 else ()
    _pytest(*share, *arguments)


def coverage_file() -> pathlib.Path:
    """Return the file in which the coverage of this checkout is kept."""
    return paths.run_folder() / "coverage"


def _no_findings(log: pathlib.Path, *, only_ours: bool = False) -> None:
    found = logcheck.findings(log, only_ours=only_ours)
    for text in found[:20]:
        ui.say(text)
        TOTALS.failures.append(text.partition("\n")[0][:300])
    if found:
        raise ui.Failure(f"{len(found)} warnings in {log}", "See above")


def linters(_context: Context) -> None:
    """Run every linter."""
    lint.main([])


def engine(_context: Context) -> None:
    """Run the tests of the engine and of these commands: no Odoo, no database."""
    _pytest("-p", "no:odoo", "tests/engine", "tests/dev")


def install(context: Context) -> None:
    """Install and update on a database with only accounting: no warning."""
    name, log = context.name("install"), context.log("install")
    databases.clone(context.template, name)
    for option in ("-i", "-u"):
        databases.odoo(f"odoo {option} {ADDON}", "-d", name, option, ADDON, log=log)
        _no_findings(log)
        if databases.state(name) != "installed":
            raise ui.Failure(f"{ADDON} is not installed", f"See {log}")


def addon(context: Context) -> None:
    """Run the tests of the add-on by pytest-odoo, with browser, and coverage."""
    name, log = context.name("addon"), context.log("addon")
    databases.clone(context.name("install"), name)
    # Else every browser test would make the web client's pages anew.
    server.script(name, PAGES, context.log("pages"))
    log.write_text("")
    _shared(
        *("--odoo-http", f"--odoo-database={name}", "--odoo-log-level=warn"),
        *("--odoo-extra", f"logfile={log}"),
        *("--cov", "--cov-config=.coveragerc", "--cov-report=term:skip-covered"),
        ADDON,
    )
    _no_findings(log, only_ours=True)


def proofs(context: Context) -> None:
    """Prove bills on a database: random acts, and months in several zones."""
    name, log = context.name("proofs"), context.log("proofs")
    databases.clone(context.name("install"), name)
    log.write_text("")
    _shared(
        *(f"--odoo-database={name}", "--odoo-log-level=warn"),
        *("--odoo-extra", f"logfile={log}", "tests/proofs"),
    )
    _no_findings(log, only_ours=True)


def processes(context: Context) -> None:
    """Run the tests that start real processes."""
    _pytest("-p", "no:odoo", "tests/system", **system_environment(context.template))


def system_environment(template: str) -> dict[str, str]:
    """Return what the tests in ``tests/system`` are told."""
    return {"MSP_TEMPLATE": template, "MSP_BROWSER": system.browser() or ""}


def odoo_lint(context: Context) -> None:
    """Run Odoo's own linter with the add-on installed."""
    name, log = context.name("lint"), context.log("lint")
    databases.clone(context.name("install"), name)
    tags = ",".join(f"/test_lint:{test}" for test in ODOO_LINT)
    port = f"--http-port={free_port()}"
    command = ("-d", name, "-i", "test_lint", "--test-tags", tags, port)
    ui.run(
        "Odoo's own linter",
        odoo_conf.command(*command, "--stop-after-init"),
        env=odoo_conf.environment(PGOPTIONS=FASTER),
        cwd=paths.CACHE,
        log=log,
    )
    _no_findings(log)
    result = [record.text for record in logcheck.records(log)]
    closing = [text for text in result if "failed, " in text and " tests" in text]
    ui.say("\n".join(closing[-1:]) or "Odoo's linter ran no test")
    if not closing:
        raise ui.Failure("Odoo's own linter ran no test", f"See {log}")


STAGES: dict[str, Callable[[Context], None]] = {
    "lint": linters,
    "engine": engine,
    "install": install,
    "addon": addon,
    "proofs": proofs,
    "system": processes,
    "odoo-lint": odoo_lint,
}
# The stages that need the database that another one makes.
NEEDS = {"addon": "install", "proofs": "install", "odoo-lint": "install"}


def _chosen(arguments: list[str]) -> list[str]:
    unknown = [name for name in arguments if name not in STAGES]
    if unknown:
        raise ui.Failure(f"No stage {unknown[0]}", f"There are: {', '.join(STAGES)}")
    wanted = {*arguments, *(NEEDS[name] for name in arguments if name in NEEDS)}
    return [name for name in STAGES if not arguments or name in wanted]


def _sweep() -> None:
    """Drop what a killed run left behind."""
    for name in databases.leftovers(["msp_test_"]):
        pid = name.removeprefix("msp_test_").partition("_")[0]
        if not pathlib.Path("/proc", pid).exists():
            databases.drop(name)
    for log in paths.LOGS.glob("*"):
        if time.time() - log.stat().st_mtime > DAY:
            log.unlink(missing_ok=True)


def _run(name: str, context: Context) -> str:
    ui.say(f"\n=== {name}: {(STAGES[name].__doc__ or '').splitlines()[0]}")
    try:
        STAGES[name](context)
    except ui.Failure as failure:
        ui.say(f"FAILED: {failure}")
        return str(failure)
    return ""


def main(arguments: list[str]) -> int:
    """Run all stages, or the named ones; one that fails does not stop the others."""
    chosen = _chosen(arguments)
    found = setup.prepare()
    results: dict[str, tuple[str, float]] = {}
    with postgres.serving():
        context = Context(databases.template(found), f"msp_test_{os.getpid()}_")
        _sweep()
        try:
            for name in chosen:
                began = time.monotonic()
                problem = _run(name, context)
                results[name] = (problem, time.monotonic() - began)
        finally:
            for name in databases.leftovers([context.prefix]):
                databases.drop(name)
    return _summary(results)


def _summary(results: dict[str, tuple[str, float]]) -> int:
    ui.say("\n=== summary")
    for name, (problem, seconds) in results.items():
        ui.say(f"  {'✗' if problem else '✓'} {name:10} {seconds:5.0f} s  {problem}")
    if TOTALS.run:
        ui.say(str(TOTALS))
    for failure in TOTALS.failures[:40]:
        ui.say(f"  ✗ {failure}")
    failed = [name for name, (problem, _) in results.items() if problem]
    if failed:
        again = f"python3 -m dev test {' '.join(failed)}"
        raise ui.Failure(f"{', '.join(failed)}", f"Mend it, then: {again}")
    ui.say(f"All {len(results)} stages passed.")
    return 0


def systest(arguments: list[str]) -> int:
    """Run tests of ``tests/system``, all or those that pytest's arguments name."""
    found = setup.ensure()
    with postgres.serving():
        env = system_environment(databases.template(found))
        _pytest("-p", "no:odoo", *(arguments or ["tests/system"]), **env)
    return 0
