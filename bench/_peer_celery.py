"""Celery as a peer, in the bench's own environment: one task per recipient, Redis between.

The worker is `celery -A bench._peer_celery worker`; `python -m bench._peer_celery smtp|http PORT N` queues the tasks.
"""

import os
import smtplib
import sys
import time
from email.message import EmailMessage

import requests
from celery import Celery

from bench._figures import SENDER, SMS_TEXT, SUBJECT, TEXT, recipients, work_when_told
from bench._sinks import LOOPBACK

app = Celery("bench", broker=os.environ["BENCH_BROKER"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task
def smtp(port: int, to: str) -> None:
    """Send one mail, as tasks mostly do it: by a connection of its own."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = SUBJECT, SENDER, to
    message.set_content(TEXT)
    with smtplib.SMTP(LOOPBACK, port, local_hostname="bench", timeout=30) as server:
        server.send_message(message)


@app.task
def http(port: int, to: str) -> None:
    """Send one SMS."""
    form = {"from": "WIS", "to": to, "message": SMS_TEXT}
    requests.post(f"http://{LOOPBACK}:{port}/a1/sms", data=form, auth=("u", "p"), timeout=30).raise_for_status()


def main(sink: str, port: str, count: str) -> None:
    """Queue a task per recipient when told, once a worker answers."""
    task = smtp if sink == "smtp" else http
    for _ in range(60):
        if app.control.ping(timeout=0.5):
            break
        time.sleep(0.1)
    else:
        raise SystemExit("no Celery worker answers")
    addresses = recipients(sink, int(count))

    def work() -> None:
        for to in addresses:
            task.delay(int(port), to)

    work_when_told(work)


if __name__ == "__main__":
    # By its own name, and not as __main__: the tasks are called what the worker calls them.
    from bench._peer_celery import main as run

    run(*sys.argv[1:])
