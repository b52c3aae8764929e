"""Documents, comments, drafts and settings are kept as they were given."""

import pytest
from sqlalchemy import func, select, update

from engine.errors import DocumentNotFound, InvalidInput
from engine.model import Comment, Draft
from engine.storage import DocumentDamaged
from engine.storage.schema import document_content
from tests.storage.sample import HOUR, NOW, add, start, user_task

GIVEN = {"media_type": "application/pdf", "created_at": NOW, "created_by": "anna"}
CONTENT = bytes(range(256))


def test_a_document_comes_back_as_it_was(database):
    instance = start(database)
    with database.write() as unit:
        document = unit.documents.add(
            CONTENT,
            name="投标.pdf",
            process_instance_key=instance.key,
            readers=["buyers", "ben"],
            **GIVEN,
        )

    with database.read() as view:
        assert view.documents.get(document.key) == document
        assert view.documents.content(document.key) == CONTENT
        assert view.documents.of_instance(instance.key) == (document,)
    assert (document.size, document.name, document.readers) == (256, "投标.pdf", ("buyers", "ben"))
    assert document.sha256 == "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880"


def test_the_same_content_is_stored_once(database):
    with database.write() as unit:
        one = unit.documents.add(CONTENT, name="a", **GIVEN)
        other = unit.documents.add(CONTENT, name="b", **GIVEN)

        assert one.key != other.key
        counted = unit.session.execute(select(func.count()).select_from(document_content)).scalar_one()
        assert counted == 1


def test_a_document_that_is_too_large_is_refused(database):
    with database.write() as unit, pytest.raises(InvalidInput, match="has 256 bytes; at most 255"):
        unit.documents.add(CONTENT, name="a", max_bytes=255, **GIVEN)


def test_a_damaged_document_is_not_handed_out(database):
    with database.write() as unit:
        document = unit.documents.add(CONTENT, name="a", **GIVEN)
    with database.connect() as connection:
        connection.execute(update(document_content).values(content=b"other"))
        connection.commit()

    with database.read() as view, pytest.raises(DocumentDamaged, match=document.sha256):
        view.documents.content(document.key)


def test_a_document_finds_its_instance_once(database):
    one, other = start(database), start(database)
    with database.write() as unit:
        document = unit.documents.add(CONTENT, name="a", **GIVEN)
        unit.documents.attach(document.key, one.key)
        unit.documents.attach(document.key, other.key)

        assert unit.documents.get(document.key).process_instance_key == one.key


def test_a_document_that_is_not_there_is_named(database):
    with database.read() as view, pytest.raises(DocumentNotFound, match="42"):
        view.documents.content(42)


@pytest.fixture
def task(database):
    return add(database, start(database), user_tasks_created=[user_task])["user_tasks_created"][0]


def test_comments_come_back_oldest_first(database, task):
    comments = [
        Comment(
            key=9 - n,
            user_task_key=task.key,
            process_instance_key=task.process_instance_key,
            author="anna",
            text=f"第{n}",
            at=NOW + n * HOUR,
        )
        for n in range(3)
    ]
    with database.write() as unit:
        for comment in reversed(comments):
            unit.comments.add(comment)

    with database.read() as view:
        assert view.comments.of_task(task.key) == tuple(comments)
        assert view.comments.of_instance(task.process_instance_key) == tuple(comments)


def test_a_person_has_one_draft_of_a_task(database, task):
    def draft(user_id, **values):
        return Draft(user_task_key=task.key, user_id=user_id, values=values, saved_at=NOW)

    with database.write() as unit:
        unit.drafts.save(draft("anna", a="1"))
        unit.drafts.save(draft("anna", a="2", b=""))
        unit.drafts.save(draft("ben", a="3"))

        assert unit.drafts.get(task.key, "anna") == draft("anna", a="2", b="")
        unit.drafts.discard(task.key, "anna")
        assert unit.drafts.get(task.key, "anna") is None
        assert unit.drafts.get(task.key, "ben") is not None
        unit.drafts.delete(task.key)
        assert unit.drafts.get(task.key, "ben") is None


def test_settings_are_kept_by_name(database):
    with database.write() as unit:
        unit.settings.set("installation", "一")
        unit.settings.set("installation", "二")

    with database.read() as view:
        assert view.settings.get("installation") == "二"
        assert view.settings.get("other") is None
