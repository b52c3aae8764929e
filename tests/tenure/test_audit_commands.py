"""`tenure audit`: what was done to the trail behind Tenure's back comes to light, with and without a seal."""

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, update

from engine import SYSTEM, ProcessEngine
from engine.storage.audit import chained_hash
from engine.storage.schema import audit_entry, metadata, process_instance, user_task_candidate
from tenure.command_line import main
from tests.databases import stamp
from tests.engine.diagrams import end, process, start, user_task


@pytest.fixture
def database(database):
    """With the mark of the present schema, for which the commands look."""
    stamp(database)
    return database


@pytest.fixture
def tenure(database, database_url, tmp_path):
    """`tenure("audit", "verify")` runs a command; answers its exit code and what it printed."""
    environ = {"TENURE_DATABASE_URL": database_url, "TENURE_HOME": str(tmp_path / "home")}

    def tenure(*arguments):
        ended = CliRunner().invoke(main, [str(one) for one in arguments], env=environ)
        return ended.exit_code, ended.output

    return tenure


@pytest.fixture
def instance(database):
    """An instance with four lines in its chain."""
    engine = ProcessEngine(database)
    engine.deploy(
        [
            process(
                "letter", start(), user_task("write"), user_task("sign"), end(), flows="start>write>sign>end"
            )
        ],
        by=SYSTEM,
    )
    key = engine.start_process_instance("letter", by=SYSTEM).key
    for _ in range(2):
        (task,) = [task for task in engine.user_tasks(by=SYSTEM).items if task.state == "CREATED"]
        engine.add_comment(task.key, "read", by=SYSTEM)
        engine.complete_user_task(task.key, {}, by=SYSTEM)
    return key


def change(database, *statements):
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def trail(database, instance):
    with database.connect() as connection:
        query = select(audit_entry).where(audit_entry.c.chain == instance).order_by(audit_entry.c.position)
        return [dict(row._mapping) for row in connection.execute(query)]


def rewrite(database, instance, lines):
    """Put other lines in the place of a chain, with all hashes and the head as they should be."""
    head = ""
    for position, line in enumerate(lines, 1):
        line |= {"position": position, "previous_hash": head}
        head = line["hash"] = chained_hash(line)
    whole = {"audit_head": head, "audit_length": len(lines)}
    change(
        database,
        delete(audit_entry).where(audit_entry.c.chain == instance),
        insert(audit_entry).values(lines),
        update(process_instance).where(process_instance.c.key == instance).values(**whole),
    )


def test_an_untouched_trail_holds(tenure, instance):
    assert tenure("audit", "verify") == (0, "Every line fits.\n")


def test_a_changed_line_is_named(tenure, database, instance):
    line = trail(database, instance)[2]
    change(database, update(audit_entry).where(audit_entry.c.key == line["key"]).values(actor="somebody"))

    code, printed = tenure("audit", "verify")

    assert code == 1
    assert printed == (
        f"process instance {instance}, line 3 (key {line['key']}): "
        "it was changed: its content does not have its hash\n"
    )


def test_a_removed_line_is_named(tenure, database, instance):
    line = trail(database, instance)[1]
    change(database, delete(audit_entry).where(audit_entry.c.key == line["key"]))

    code, printed = tenure("audit", "verify")

    assert code == 1
    assert f"process instance {instance}, line 3 " in printed
    assert "lines 2 to 2 are missing before it" in printed


def test_an_inserted_line_is_named(tenure, database, instance):
    last = trail(database, instance)[-1]
    put_in = last | {"key": 1, "position": last["position"] + 1, "previous_hash": last["hash"]}
    put_in["hash"] = chained_hash(put_in)
    change(database, insert(audit_entry).values(put_in))

    code, printed = tenure("audit", "verify")

    assert code == 1
    assert f"lines {put_in['position']} to {put_in['position']} were put in at the end" in printed


def test_a_chain_that_is_written_anew_is_noticed_with_a_seal_only(tenure, database, instance, tmp_path):
    tenure("audit", "seal", tmp_path / "seal")
    lines = trail(database, instance)
    lines[1]["actor"] = "somebody"
    rewrite(database, instance, lines)

    without = tenure("audit", "verify")
    code, printed = tenure("audit", "verify", "--seal", tmp_path / "seal")

    assert without == (0, "Every line fits.\n")
    assert code == 1
    assert f"process instance {instance}, line {len(lines)} " in printed
    assert "it was written anew" in printed


def test_a_chain_that_was_cut_and_written_anew_is_noticed_with_a_seal(tenure, database, instance, tmp_path):
    tenure("audit", "seal", tmp_path / "seal")
    lines = trail(database, instance)
    rewrite(database, instance, lines[:-1])

    code, printed = tenure("audit", "verify", "--seal", tmp_path / "seal")

    assert code == 1
    expected = f"process instance {instance}, line {len(lines)}: the seal knows this line and it is gone"
    assert expected in printed


def test_a_trail_that_grew_since_its_seal_holds(tenure, database, instance, tmp_path):
    code, printed = tenure("audit", "seal", tmp_path / "seal")
    ProcessEngine(database).start_process_instance("letter", by=SYSTEM)

    verified, told = tenure("audit", "verify", "--seal", tmp_path / "seal")

    assert (code, verified) == (0, 0)
    assert printed.startswith("Sealed 2 chains")
    assert told.startswith("Every line fits, and fits ")


def test_a_changed_seal_or_another_key_is_refused(tenure, instance, tmp_path):
    tenure("audit", "seal", tmp_path / "seal")
    text = (tmp_path / "seal").read_text()
    (tmp_path / "changed").write_text(text.replace(f"{instance} ", f"{instance + 1} "))
    (tmp_path / "other.key").write_bytes(b"k" * 32)
    (tmp_path / "other.key").chmod(0o600)

    changed = tenure("audit", "verify", "--seal", tmp_path / "changed")
    other = tenure("audit", "verify", "--seal", tmp_path / "seal", "--key", tmp_path / "other.key")
    missing = tenure("audit", "verify", "--seal", tmp_path / "seal", "--key", tmp_path / "none.key")

    assert [changed[0], other[0], missing[0]] == [1, 1, 1]
    assert "was changed, or signed with another key" in changed[1]
    assert "was changed, or signed with another key" in other[1]
    assert "none.key cannot be read" in missing[1]


def test_an_instance_that_is_gone_with_everything_it_owned_is_noticed_with_a_seal_only(
    tenure, database, instance, tmp_path
):
    engine = ProcessEngine(database)
    other = engine.start_process_instance("letter", by=SYSTEM).key
    tenure("audit", "seal", tmp_path / "seal")
    with database.connect() as connection:
        connection.execute(delete(audit_entry).where(audit_entry.c.chain == other))
        tasks = metadata.tables["user_task"].c
        mine = select(tasks.key).where(tasks.process_instance_key == other)
        offered = user_task_candidate.c.user_task_key.in_(mine)
        connection.execute(delete(user_task_candidate).where(offered))
        for table in reversed(metadata.sorted_tables):
            if "process_instance_key" in table.c:
                connection.execute(delete(table).where(table.c.process_instance_key == other))
        connection.execute(delete(process_instance).where(process_instance.c.key == other))
        connection.commit()

    without = tenure("audit", "verify")
    code, printed = tenure("audit", "verify", "--seal", tmp_path / "seal")

    assert without == (0, "Every line fits.\n")
    assert (code, printed) == (
        1,
        f"process instance {other}, line 1: the seal knows this line and it is gone\n",
    )


@pytest.mark.parametrize("kept", [0, 30, 100, -1, -30])
def test_a_seal_that_was_cut_short_is_refused_and_says_so(tenure, instance, tmp_path, kept):
    tenure("audit", "seal", tmp_path / "seal")
    text = (tmp_path / "seal").read_text().rstrip("\n")
    (tmp_path / "cut").write_text(text[:kept])

    code, printed = tenure("audit", "verify", "--seal", tmp_path / "cut")

    assert code == 1
    assert ("is cut short" if kept else "is no seal") in printed


def test_a_seal_is_never_overwritten(tenure, instance, tmp_path):
    tenure("audit", "seal", tmp_path / "seal")

    code, printed = tenure("audit", "seal", tmp_path / "seal")

    assert code == 1
    assert "File exists" in printed
