"""The checks of the registers find what was broken on purpose, after a whole engagement."""

import random
import shutil

import pytest
from sqlalchemy import text

from engine import SYSTEM, Database

from .checks import check
from .desk import Desk
from .engagements import UNDER_WAY, Engage
from .notebook import Notebook
from .room import Room


@pytest.fixture(scope="module")
def engaged(tmp_path_factory):
    """A folder in which one engagement was played from the wish to the closed register."""
    folder = tmp_path_factory.mktemp("engaged")
    room = Room(url=f"sqlite:///{folder / 'tenure.db'}", folder=folder, dice=random.Random(1))
    room.furnish()
    room.close()
    desk = Desk.at(room.url, [], folder)
    engage = Engage(desk, 1)
    engage()
    room.resting.touch()
    while desk.engine.process_instances(UNDER_WAY, by=SYSTEM).items:
        desk.engine.run_until_idle()
        engage()
    desk.engine.close()
    return folder


def findings(folder, tmp_path, statement="", notebook=None):
    copy = shutil.copytree(folder, tmp_path / "copy")
    database = Database(f"sqlite:///{copy / 'tenure.db'}", durable=False)
    if statement:
        with database.connect() as connection:
            assert connection.execute(text(statement)).rowcount
            connection.commit()
    if notebook is not None:
        notebook(Notebook(copy / "notebook"))
    found = check(database, Notebook(copy / "notebook"), copy / "world").faults
    database.close()
    return {fault.partition(":")[0] for fault in found}


def test_nothing_is_found_where_all_went_well(engaged, tmp_path):
    assert findings(engaged, tmp_path) == set()


BROKEN = {
    "an item is gone": (
        "DELETE FROM handover_item WHERE id = (SELECT min(id) FROM handover_item)",
        "records of an engagement",
    ),
    "a measurement is gone": (
        "DELETE FROM measurement WHERE id = (SELECT max(id) FROM measurement)",
        "records of an engagement",
    ),
    "a contract goes on": ("UPDATE contract SET state = 'active'", "records at their end"),
    "somebody else decided": (
        "UPDATE user_task SET completed_by = 'x' WHERE element_id = 'legal_review'",
        "acknowledged decisions",
    ),
    "an instance is gone": (
        "UPDATE process_instance SET process_id = 'x' WHERE process_id = 'engagement_lifecycle'",
        "an engagement for each instance",
    ),
}


@pytest.mark.parametrize(("statement", "found"), BROKEN.values(), ids=BROKEN.keys())
def test_what_was_broken_in_the_registers_is_found(engaged, tmp_path, statement, found):
    assert found in findings(engaged, tmp_path, statement)


def test_two_who_decided_one_task_are_found(engaged, tmp_path):
    def twice(notebook):
        line = next(line for line in notebook.read() if (line["act"], line["phase"]) == ("decide", "ack"))
        notebook.write(**line)

    assert "one winner a decision" in findings(engaged, tmp_path, notebook=twice)


def test_an_acknowledged_bid_that_is_gone_is_found(engaged, tmp_path):
    found = findings(engaged, tmp_path, notebook=lambda book: book.write("ack", "bid", key=-1))

    assert "acknowledged bids" in found
