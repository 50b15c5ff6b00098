"""What a running refresh says of itself, to whoever listens. Silent by default."""

from __future__ import annotations


class Progress:
    """Listener of a refresh; the command line draws it, the UI has its own."""

    def stage(self, text: str, total: int | None = None) -> None:
        """A new stage begins; `total` is the number of steps, if known."""

    def step(self, text: str) -> None:
        """One step of the stage is done, or begins where the stage has no total."""
