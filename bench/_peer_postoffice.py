"""django-post_office as a peer, in the bench's own environment: `python -m bench._peer_postoffice PORT N FOLDER`.

The queue is a PostgreSQL database (BENCH_PGHOST, BENCH_PGDATABASE); sent by its own send_queued_mail, a process a core.
"""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

from bench._figures import SENDER, SUBJECT, TEXT, recipients, work_when_told
from bench._sinks import LOOPBACK


def _configure(port: int) -> None:
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["BENCH_PGHOST"],
        "NAME": os.environ["BENCH_PGDATABASE"],
        "USER": "wis",
    }
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={"default": database},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        EMAIL_HOST=LOOPBACK,
        EMAIL_PORT=port,
        # Larger than its defaults of 100 and 5, which start processes anew for every hundred.
        POST_OFFICE={"BATCH_SIZE": 2000, "THREADS_PER_PROCESS": 16, "LOG_LEVEL": 1},
    )
    django.setup()


def main(port: str, count: str, folder: str) -> None:
    """Queue and send when told."""
    _configure(int(port))
    call_command("migrate", verbosity=0)
    from post_office import mail

    addresses = recipients("smtp", int(count))

    def work() -> None:
        mail.send_many(
            [{"sender": SENDER, "recipients": [to], "subject": SUBJECT, "message": TEXT} for to in addresses]
        )
        call_command("send_queued_mail", processes=os.cpu_count(), lockfile=f"{folder}/lock")

    work_when_told(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
