"""The history of every instance can be explained from its diagram: who runs was led to, who ends leads on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine import Element, ElementType

from .facts import BODY, Facts, Row
from .findings import Findings

ONE_WAY = (ElementType.EXCLUSIVE_GATEWAY, ElementType.EVENT_BASED_GATEWAY)


def history(findings: Findings, facts: Facts) -> None:
    taken: dict[int, Counter[str]] = {}
    for row in facts.rows["flow_taken"]:
        taken.setdefault(row["process_instance_key"], Counter())[row["flow_id"]] += 1
    rows: dict[int, list[Row]] = {}
    for row in facts.rows["element_instance"]:
        rows.setdefault(row["process_instance_key"], []).append(row)
    for instance in facts.instances.values():
        if instance["ended_at"] is not None:
            story = _Story(
                facts, instance, rows.get(instance["key"], []), taken.get(instance["key"], Counter())
            )
            wrong = list(story.riddles())
            findings.expect(
                "histories explained", not wrong, f"{instance['process_id']} {instance['key']}: {wrong}"
            )


class _Story:
    """One instance: activations (of a multi-instance: of the whole), completions, flows."""

    def __init__(self, facts: Facts, instance: Row, rows: list[Row], taken: Counter[str]) -> None:
        self.instance, self.rows, self.taken = instance, rows, taken
        self.elements = facts.elements(instance)
        counted = [row for row in rows if self._counts(row)]
        self.ran = Counter(row["element_id"] for row in counted)
        self.done = Counter(row["element_id"] for row in counted if row["state"] == "COMPLETED")
        self.undisturbed = all(row["state"] == "COMPLETED" for row in rows)

    def riddles(self) -> Iterator[str]:
        yield from self._positions()
        for element in self.elements.values():
            if element.incoming:
                yield from self._led_to(element)
            if element.outgoing:
                yield from self._leads_on(element)
        yield from self._ends()

    def _counts(self, row: Row) -> bool:
        element = self.elements.get(row["element_id"])
        whole = element is not None and element.multi_instance is not None
        return bool((row["element_type"] == BODY) == whole)

    def _positions(self) -> Iterator[str]:
        """Every step of the story has a place of its own."""
        places = [row["started_position"] for row in self.rows] + [row["ended_position"] for row in self.rows]
        for place, times in Counter(places).items():
            if times > 1:
                yield f"place {place} in the order of events is taken {times} times"
        if any(row["ended_position"] <= row["started_position"] for row in self.rows):
            yield "something ended before it began"

    def _led_to(self, element: Element) -> Iterator[str]:
        ways, ran = [self.taken[flow.id] for flow in element.incoming], self.ran[element.id]
        match element.type:
            case ElementType.PARALLEL_GATEWAY:
                fits = all(way == ran for way in ways) if self.undisturbed else ran <= min(ways)
            case ElementType.INCLUSIVE_GATEWAY:
                fits = max(ways) <= sum(ways) and (ran > 0) == (sum(ways) > 0) and ran <= sum(ways)
            case _:
                fits = ran == sum(ways) if self.undisturbed else ran <= sum(ways)
        if not fits:
            yield f"{element.id} ran {ran} times, led to {ways} times"

    def _leads_on(self, element: Element) -> Iterator[str]:
        ways, done = [self.taken[flow.id] for flow in element.outgoing], self.done[element.id]
        if element.type in ONE_WAY:
            fits = sum(ways) == done
        elif element.type is ElementType.INCLUSIVE_GATEWAY or any(f.condition for f in element.outgoing):
            fits = max(ways) <= done <= sum(ways)
        else:
            fits = all(way == done for way in ways)
        if not fits:
            yield f"{element.id} ended {done} times and led on {ways} times"

    def _ends(self) -> Iterator[str]:
        """One end of the whole, and nothing after it."""
        whole = [row for row in self.rows if row["element_type"] == ElementType.PROCESS]
        if len(whole) > 1:
            yield f"the process ended {len(whole)} times"
        if self.instance["state"] == "COMPLETED" and not any(
            row["element_type"] == ElementType.END_EVENT and row["state"] == "COMPLETED" for row in self.rows
        ):
            yield "it completed without coming to an end event"
