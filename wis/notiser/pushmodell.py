"""The browsers that people have asked to be told in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wis.db import Base


class Pushwebblasare(Base):
    """A browser of a person's. `inloggning_id`: the login that it is used by; with that one ended, it is told no more.

    `endpoint`, `p256dh` and `auth` are the browser's own (RFC 8030, RFC 8291). Once its push service has said, at
    `borta`, that it is gone, only `auth` is kept: by that it is known again. `vapid`: by which key of ours it lets
    itself be told. `enhet`: the device's mark, hashed.
    """

    __tablename__ = "pushwebblasare"
    __table_args__ = (CheckConstraint("(endpoint IS NULL) = (borta IS NOT NULL)", name="borta"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    inloggning_id: Mapped[int] = mapped_column(ForeignKey("inloggning.id"), index=True)
    endpoint: Mapped[str | None] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    vapid: Mapped[str]
    enhet: Mapped[str] = mapped_column(index=True)
    namn: Mapped[str]
    skapad: Mapped[datetime]
    senast: Mapped[datetime | None]
    borta: Mapped[datetime | None]
