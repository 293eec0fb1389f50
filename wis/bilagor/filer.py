"""Files as they come in with a form: kept aside while they are read, and let go of once they are too large."""

from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import Flask, Request, current_app

from wis.bilagor.mottagning import granser
from wis.settings import Settings

I_MINNET = 512 * 1024


class Fil(SpooledTemporaryFile[bytes]):
    """What arrives of one file. Of one with more bytes than are taken nothing is kept, and `for_stor` says so."""

    def __init__(self, hogst: int) -> None:
        super().__init__(max_size=I_MINNET, mode="wb+")
        self._hogst, self.for_stor = hogst, False

    def write(self, s: Any) -> int:
        """Keep it, or let go of all."""
        if self.for_stor or self.tell() + len(s) > self._hogst:
            self.for_stor = True
            self.seek(0)
            self.truncate()
            return len(s)
        return super().write(s)


class Begaran(Request):
    """A request whose text is never lost to the size of the files beside it."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        settings = cast(Settings, current_app.extensions["wis_settings"])
        return cast(IO[bytes], Fil(granser(settings).byte))


def init_app(app: Flask) -> None:
    """Have the app take files in so."""
    app.request_class = Begaran
