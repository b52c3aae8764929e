"""Handlers for the jobs that nodes race for, and the record that a page and a handler both want."""

from typing import Any

from sqlalchemy import select, update

from engine import HandlerRegistry, JobContext, handler
from engine.storage.schema import counter

RECORD = "race"


@handler("race.book")
def book(job: JobContext) -> dict[str, Any]:
    """Within the step."""
    return {f"booked_{job.element_id}": job.key}


@handler("race.touch")
def touch(job: JobContext) -> None:
    """Within the step, with a record of the business."""
    take_record(job.records)


@handler("race.second")
def second(job: JobContext) -> None:
    """Within the step, from the second attempt on."""
    if job.retries == 3:
        raise RuntimeError("not at the first attempt")


@handler("race.send", external=True)
def send(job: JobContext) -> dict[str, Any]:
    """Outside any transaction."""
    return {"sent": job.idempotency_key}


HANDLERS = HandlerRegistry([book, touch, second, send])


def keep_record(records: Any) -> None:
    """Have the record there, once."""
    if records.execute(select(counter.c.value).where(counter.c.name == RECORD)).first() is None:
        records.execute(counter.insert().values(name=RECORD, value=0))


def take_record(records: Any) -> None:
    """Lock the record until the transaction ends, as `tasks` does with a tender, and change it."""
    records.execute(select(counter.c.value).where(counter.c.name == RECORD).with_for_update()).one()
    records.execute(update(counter).where(counter.c.name == RECORD).values(value=counter.c.value + 1))
