"""A message at the first call on a machine, when Numba compiles and nothing seems to happen."""

from __future__ import annotations

import logging
from typing import Any

from numba import config
from numba.core import event

PASS = "numba:run_pass"  # broadcast while code is compiled, not while it is read from the cache

log = logging.getLogger("shalelib")


class Announcer(event.Listener):
    """Say once in a process that kernels of shalelib are being compiled."""

    said = False

    def on_start(self, event: Any) -> None:
        """Look at one pass of the compiler; kernels of other packages are not announced."""
        if self.said or not str(event.data.get("module", "")).startswith("shalelib."):
            return
        self.said = True
        log.warning(
            "shalelib compiles its kernels for this processor, which takes up to half a minute; "
            "it happens once, as they are kept in %s",
            config.CACHE_DIR,  # type: ignore[attr-defined]
        )

    def on_end(self, event: Any) -> None:
        """Do nothing: the end is not announced."""


def announce_compilation() -> None:
    """Announce the first compilation of this process from now on."""
    event.register(PASS, Announcer())
