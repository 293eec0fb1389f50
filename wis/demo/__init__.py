"""The demo: invented people and events around real actors."""

from wis.auth.demokonton import LOSENORD, inloggningar

__all__ = ["LOSENORD", "inloggningar"]
