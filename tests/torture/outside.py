"""The world outside the database, as the torture's handlers meet it: a file with a line for each call."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

from engine import BpmnError, HandlerRegistry, JobContext, handler

LOG = "TENURE_TORTURE_LOG"
TRANSACTIONAL = ("torture.book", "torture.price")
EXTERNAL = ("torture.mail", "torture.answer", "torture.outside")


def booking_name(job_key: int) -> str:
    """The name of the document that a transactional handler leaves, once, for its job."""
    return f"booking-{job_key}"


def call(job_key: int, idempotency_key: str) -> None:
    """The outside world notes every call."""
    with open(Path(os.environ[LOG]), "a", encoding="utf-8") as world:
        world.write(f"{job_key}\t{idempotency_key}\n")


@handler("torture.book")
def book(job: JobContext) -> dict[str, bool]:
    """Leave one document in the step's transaction; now and then fail after that."""
    job.documents.store(booking_name(job.key), b"booked", media_type="text/plain")
    if random.random() < 0.05:
        raise RuntimeError("the ledger was busy")
    return {"booked": True}


@handler("torture.price")
def price(job: JobContext, price: int) -> dict[str, bool]:
    """Cannot work before somebody has set the price: an incident."""
    job.documents.store(booking_name(job.key), str(price).encode(), media_type="text/plain")
    return {"priced": True}


@handler("torture.refuse", error_codes=["REFUSED"])
def refuse(job: JobContext) -> None:
    """What it wrote is undone, because it ends in a business error."""
    job.documents.store(booking_name(job.key), b"refused", media_type="text/plain")
    raise BpmnError("REFUSED", "not today")


@handler("torture.mail", external=True)
def mail(job: JobContext) -> dict[str, bool]:
    """Send a letter. Now and then the answer is lost."""
    call(job.key, job.idempotency_key)
    if random.random() < 0.1:
        raise ConnectionError("the answer was lost")
    return {"mailed": True}


@handler("torture.answer", external=True)
def answer(job: JobContext, token: str) -> None:
    """Publish a message with the completion of the job, in one transaction."""
    call(job.key, job.idempotency_key)
    job.publish_message("torture-answer", token, time_to_live=timedelta(hours=1))


HANDLERS = HandlerRegistry([book, price, refuse, mail, answer])
