"""Answers that people give in both stories."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import UserTask

from .player import Answer, Player

Answers = Mapping[str, Callable[[Player, UserTask], Answer | None]]
"""Element id to what the person there answers."""


def approve(player: Player, task: UserTask) -> Answer:
    return Answer(values={"comment": ""}, outcome="approve")


def approve_review(player: Player, task: UserTask) -> Answer:
    return Answer(values={"comment": "In order"}, outcome="approve")


def confirm_seals(player: Player, task: UserTask) -> Answer:
    return Answer(values={"sealsIntact": True, "openingRemarks": ""})


def declare_no_conflict(player: Player, task: UserTask) -> Answer:
    return Answer(values={"coi": "none"})


def confirm_outlier(player: Player, task: UserTask) -> Answer:
    return Answer(values={"outlierReason": "I stand by my score: the service desk has no night shift."})


SHARED: Answers = {
    "approve": approve,
    "review_tender": approve_review,
    "confirm_opening_1": confirm_seals,
    "confirm_opening_2": confirm_seals,
    "confirm_price_opening_1": confirm_seals,
    "confirm_price_opening_2": confirm_seals,
    "declare_conflict": declare_no_conflict,
    "confirm_outlier": confirm_outlier,
}
