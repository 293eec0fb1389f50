"""How the processes of a run share the tests: one at a time, but those of the browser in a few large portions."""

from itertools import cycle
from typing import Any

from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"
PORTIONER = 2


class Fordelning(LoadScopeScheduling):  # type: ignore[misc]
    """Whoever runs a browser test starts a demo and a Chromium, and waits for them more than it counts itself.

    So two processes run all of those, first, and the others have the rest and the time that the two leave over. xdist's
    own groups can't say so: pytest 9.2 does not read the names that they write.
    """

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        self._portion: dict[str, str] = {}
        self._nasta = cycle(range(PORTIONER))

    def _split_scope(self, nodeid: str) -> str:
        """The name of what is run by one process: a portion, dealt out in turn, or just the test."""
        if not nodeid.startswith(BROWSER):
            return nodeid
        if nodeid not in self._portion:
            self._portion[nodeid] = f"browser {next(self._nasta)}"
        return self._portion[nodeid]
