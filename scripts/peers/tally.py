"""Run chosen tests of a peer in this process, and count those that pass and those we measured."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., Any])


class Tally:
    """A plugin of pytest: outcomes of tests, and in which of them a replaced function was called.

    Parameters
    ----------
    chosen : callable
        Says of a test whether to run it.

    Attributes
    ----------
    passed, failed : list of str
        Names of tests.
    measured : set of str
        Tests that passed or failed by values of ours.
    """

    def __init__(self, chosen: Callable[[pytest.Item], bool]) -> None:
        self.chosen = chosen
        self.passed: list[str] = []
        self.failed: list[str] = []
        self.measured: set[str] = set()
        self._calls = 0
        self._setting_up: set[str] = set()
        self._values_of_class: set[str] = set()

    def counted(self, function: Function) -> Function:
        """Wrap a replaced function, so that its calls are noticed."""

        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            self._calls += 1
            return function(*arguments, **keywords)

        return wrapped  # type: ignore[return-value]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the chosen tests."""
        items[:] = [one for one in items if self.chosen(one)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Note whether one of ours was called, in the test or where its class was set up."""
        before = self._calls
        done = yield
        suite = item.nodeid.rpartition("::")[0]
        if self._calls > before:
            self.measured.add(item.nodeid)
            if item.nodeid in self._setting_up:
                self._values_of_class.add(suite)
        elif suite in self._values_of_class:
            self.measured.add(item.nodeid)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        """Note whether one of ours was called before the test itself."""
        before = self._calls
        done = yield
        if self._calls > before:
            self._setting_up.add(item.nodeid)
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: by its call, or by what broke around it."""
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed and report.nodeid not in self.passed:
            self.passed.append(report.nodeid)  # parts of a test are reported by its name too

    def run(self, files: list[Path]) -> int:
        """Run the tests of some files; print the counts and return the exit code of pytest."""
        # nothing is written into the clone, and its own settings of pytest are left out
        options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--tb=short", "-W", "ignore"]
        folder = f"--rootdir={os.path.commonpath([one.parent for one in files])}"
        code = int(pytest.main([*options, folder, *map(str, files)], plugins=[self]))
        failed = set(self.failed)
        passed = [one for one in self.passed if one not in failed]
        n_measured = len(self.measured.intersection(passed))
        print(
            f"\n{len(passed)} of {len(passed) + len(failed)} tests pass; {n_measured} of them use "
            "values of ionfo, the others measure nothing"
        )
        return code
