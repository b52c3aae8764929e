"""The small processes of the torture."""

from collections.abc import Mapping

from .answers import CALLED, REPLY
from .events import BELL, TRIP, WATCH
from .flows import RACE, ROUNDS, STOP
from .model import Model
from .programs import CANCELLED, OUTSIDE, PRICED, QUEUE
from .work import ORDER, REFUSED, REMINDERS

MODELS: Mapping[str, Model] = {
    model.process_id: model
    for model in (
        *(ORDER, REPLY, RACE, REMINDERS, REFUSED, CALLED),
        *(BELL, WATCH, TRIP, ROUNDS, STOP, QUEUE, OUTSIDE, PRICED, CANCELLED),
    )
}
FILES = tuple(model.file for model in MODELS.values())
STARTED_BY_HAND = tuple(model.process_id for model in MODELS.values() if model.started_by_hand)

__all__ = ["CANCELLED", "FILES", "MODELS", "STARTED_BY_HAND", "Model"]
