"""The world outside the database, as the torture's handlers meet it: a file with a line for each call."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

from engine import BpmnError, HandlerRegistry, JobContext, handler

LOG = "TENURE_TORTURE_LOG"


def booking_name(job_key: int) -> str:
    """The name of the document that a transactional handler leaves, once, for its job."""
    return f"booking-{job_key}"


@handler("torture.book")
def book(job: JobContext) -> dict[str, bool]:
    """Leave one document in the step's transaction; now and then fail after that."""
    job.documents.store(booking_name(job.key), b"booked", media_type="text/plain")
    if random.random() < 0.05:
        raise RuntimeError("the ledger was busy")
    return {"booked": True}


@handler("torture.refuse", error_codes=["REFUSED"])
def refuse(job: JobContext) -> None:
    """What it wrote is undone, because it ends in a business error."""
    job.documents.store(booking_name(job.key), b"refused", media_type="text/plain")
    raise BpmnError("REFUSED", "not today")


@handler("torture.mail", external=True)
def mail(job: JobContext) -> dict[str, bool]:
    """Send a letter: the outside world notes every one. Now and then the answer is lost."""
    with open(Path(os.environ[LOG]), "a", encoding="utf-8") as world:
        world.write(f"{job.key}\t{job.idempotency_key}\n")
    if random.random() < 0.05:
        raise ConnectionError("the answer was lost")
    return {"mailed": True}


@handler("torture.answer", external=True)
def answer(job: JobContext, token: str) -> None:
    """Publish a message with the completion of the job, in one transaction."""
    with open(Path(os.environ[LOG]), "a", encoding="utf-8") as world:
        world.write(f"{job.key}\t{job.idempotency_key}\n")
    job.publish_message("torture-answer", token, time_to_live=timedelta(hours=1))


HANDLERS = HandlerRegistry([book, refuse, mail, answer])
