"""What every command of `wis …` is handed, and how it says what went wrong."""

import sys
from typing import Any, Protocol

import click

from wis.db import Database
from wis.settings import Settings


class Kontext(Protocol):
    """What the command line hands to every command."""

    @property
    def settings(self) -> Settings:
        """The installation's settings."""

    def migrerad(self) -> Database:
        """The installation's database, if its schema is the newest; otherwise the command ends."""


class Fel(click.ClickException):
    """An error that the person at the command line can mend; ends with 1."""

    def show(self, file: Any = None) -> None:
        """Say it in Swedish, on stderr."""
        click.echo(f"Fel: {self.format_message()}", file=file or sys.stderr)
