"""A database of any earlier schema comes up to the present one; one that does not fit is refused."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import make_url, text

from engine.errors import ExecutorAlreadyRunning, SchemaTooNew, SchemaTooOld
from engine.storage import Database, check_schema, metadata, schema_revision, upgrade_schema
from tasks.all_records import metadata as tasks_metadata
from tests.storage.sample import NOW, start

SCRIPTS = "tenure:migrations"


@pytest.fixture
def upgraded(empty_database_url):
    upgrade_schema(empty_database_url, SCRIPTS)
    database = Database(empty_database_url, durable=False)
    yield database
    database.close()


def rename_revision(database: Database, revision: str) -> None:
    with database.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
        connection.commit()


def test_the_revisions_lead_to_the_tables_of_the_program(upgraded):
    with upgraded.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        differences = compare_metadata(context, [metadata, tasks_metadata])

    assert differences == []


def test_an_upgraded_database_has_the_same_partial_indexes(upgraded):
    """Comparing metadata does not look at the conditions of indexes."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    if upgraded.is_postgres:
        query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"

    def indexes(database: Database) -> set[str]:
        with database.connect() as connection:
            return {" ".join(row[0].split()) for row in connection.execute(text(query))}

    migrated = {one for one in indexes(upgraded) if "alembic_version" not in one}
    with upgraded.connect() as connection:
        for one in (tasks_metadata, metadata):
            one.drop_all(connection)
            one.create_all(connection)
        connection.commit()

    assert {one for one in indexes(upgraded) if "alembic_version" not in one} == migrated


def test_an_upgraded_database_works(upgraded):
    instance = start(upgraded)

    with upgraded.read() as view:
        assert view.instances.get(instance.key).process_id == "order"


def test_an_upgraded_database_is_accepted_and_not_upgraded_again(upgraded):
    check_schema(upgraded, SCRIPTS)

    assert upgrade_schema(upgraded.url, SCRIPTS) is None


def test_an_empty_database_is_refused_with_the_mend(empty_database_url):
    database = Database(empty_database_url)

    with pytest.raises(SchemaTooOld, match=r"has no tables yet.*tenure db upgrade"):
        check_schema(database, SCRIPTS)

    assert schema_revision(database) is None
    database.close()


def test_looking_at_a_sqlite_file_that_is_not_there_does_not_make_one(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'none' / 'tenure.db'}")

    with pytest.raises(SchemaTooOld):
        check_schema(database, SCRIPTS)

    assert not (tmp_path / "none" / "tenure.db").exists()
    database.close()


def test_the_first_upgrade_makes_the_folder_and_the_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'var' / 'tenure.db'}"

    assert upgrade_schema(url, SCRIPTS) is None

    database = Database(url)
    check_schema(database, SCRIPTS)
    database.close()


def test_an_earlier_schema_is_refused_with_the_mend(upgraded):
    rename_revision(upgraded, "0001")

    with pytest.raises(SchemaTooOld, match=r"has schema 0001.*tenure db upgrade"):
        check_schema(upgraded, SCRIPTS)


def test_a_later_schema_is_refused_by_all(upgraded):
    rename_revision(upgraded, "9999")

    with pytest.raises(SchemaTooNew, match="has schema 9999"):
        check_schema(upgraded, SCRIPTS)
    with pytest.raises(SchemaTooNew, match="has schema 9999"):
        upgrade_schema(upgraded.url, SCRIPTS)


def at_first_revision(url: str) -> Database:
    """A database as the first revision made it, with an instance in it; in place of one that is there."""
    for path in Path(make_url(url).database).parent.glob("tenure.db*"):
        if path.name in ("tenure.db", "tenure.db-wal", "tenure.db-shm"):
            path.unlink()
    upgrade_to(url, "0001")
    database = Database(url)
    start(database)
    return database


def test_a_sqlite_file_with_data_is_copied_before_it_is_upgraded(tmp_path):
    url = f"sqlite:///{tmp_path / 'tenure.db'}"
    database = at_first_revision(url)

    copy = upgrade_schema(url, SCRIPTS)

    assert copy == tmp_path / "tenure.db.schema-0001"
    assert sqlite3.connect(copy).execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    check_schema(database, SCRIPTS)
    with database.read() as view:
        assert view.definitions.latest_process("order") is not None
    database.close()


def test_a_second_copy_does_not_overwrite_the_first(tmp_path):
    url = f"sqlite:///{tmp_path / 'tenure.db'}"
    copies = []
    for _ in range(2):
        database = at_first_revision(url)
        copies.append(upgrade_schema(url, SCRIPTS))
        database.close()

    assert [one.name for one in copies] == ["tenure.db.schema-0001", "tenure.db.schema-0001-2"]


def test_an_upgrade_that_fails_changes_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'tenure.db'}"
    database = at_first_revision(url)
    with database.connect() as connection:
        # In the way of the second revision, near its end.
        last = tasks_metadata.sorted_tables[-1].name
        connection.execute(text(f'CREATE TABLE "{last}" (id INTEGER)'))
        connection.commit()

    with pytest.raises(Exception, match=f"{last} already exists"):
        upgrade_schema(url, SCRIPTS)

    assert schema_revision(database) == "0001"
    with database.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
        assert {one.name for one in tasks_metadata.sorted_tables} & set(tables) == {last}
    database.close()


def test_broken_references_after_an_upgrade_undo_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'tenure.db'}"
    database = at_first_revision(url)
    with sqlite3.connect(database.file) as connection:
        connection.execute("DELETE FROM process_definition")
    connection.close()

    with pytest.raises(Exception, match="refer to rows that do not exist"):
        upgrade_schema(url, SCRIPTS)

    assert schema_revision(database) == "0001"
    database.close()


def test_no_schema_changes_under_a_program_that_executes(tmp_path):
    """It would go on with statements for the tables it knows."""
    url = f"sqlite:///{tmp_path / 'tenure.db'}"
    upgrade_to(url, "0001")
    running = Database(url, durable=False)

    with running.executor("first", NOW), pytest.raises(ExecutorAlreadyRunning, match="first"):
        upgrade_schema(url, SCRIPTS)
    before = schema_revision(running)
    upgrade_schema(url, SCRIPTS)
    after = schema_revision(running)
    with running.executor("first", NOW):
        upgrade_schema(url, SCRIPTS)  # nothing to do: administrative commands may run beside it

    assert before == "0001"
    assert after > before
    running.close()


def upgrade_to(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    database = Database(url, durable=False)
    with database.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    database.close()
