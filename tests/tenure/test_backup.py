"""`tenure backup` and pg_dump: a copy of a database in use, restored, goes on where it was."""

import shutil
import subprocess
import threading

import pytest
from click.testing import CliRunner

from engine import SYSTEM, Database, ProcessEngine
from tasks.all_records import metadata
from tasks.tender.sealing import SealKeys
from tenure.command_line import main
from tenure.keys import read_or_create_key
from tests.databases import stamp
from tests.engine.diagrams import end, process, start, user_task
from tests.fixtures.kept import postgres_tools

LETTER = process("letter", start(), user_task("write"), end(), flows="start>write>end")


def opened(url):
    return ProcessEngine(Database(url, durable=False))


def backup(url, file, home):
    environ = {"TENURE_DATABASE_URL": url, "TENURE_HOME": str(home)}
    ended = CliRunner().invoke(main, ["backup", str(file)], env=environ)
    return ended.exit_code, ended.output


@pytest.fixture
def sqlite(sqlite_url):
    engine = opened(sqlite_url)
    stamp(engine.database)
    engine.deploy([LETTER], by=SYSTEM)
    yield engine
    engine.close()


def goes_on(engine):
    """Complete what waits, look at the trail; answers how many tasks there were."""
    tasks = [task for task in engine.user_tasks(by=SYSTEM, limit=200).items if task.state == "CREATED"]
    for task in tasks:
        engine.complete_user_task(task.key, {}, by=SYSTEM)
    assert engine.verify_audit(by=SYSTEM) == []
    assert all(one.state == "COMPLETED" for one in engine.process_instances(by=SYSTEM, limit=200).items)
    return len(tasks)


def test_a_copy_of_a_sqlite_database_in_use_is_whole_and_goes_on(sqlite, sqlite_url, tmp_path):
    sqlite.start_process_instance("letter", by=SYSTEM)
    writing, stop = [0], threading.Event()

    def write():
        while not stop.is_set():
            sqlite.start_process_instance("letter", by=SYSTEM)
            writing[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    code, printed = backup(sqlite_url, tmp_path / "copy", tmp_path)
    stop.set()
    writer.join()
    restored = tmp_path / "restored" / "tenure.sqlite"
    restored.parent.mkdir()
    shutil.copy(tmp_path / "copy", restored)
    engine = opened(f"sqlite:///{restored}")

    assert code == 0, printed
    assert 1 <= goes_on(engine) <= writing[0] + 1
    assert goes_on(sqlite) == writing[0] + 1
    engine.close()


def test_documents_keys_and_the_seal_of_the_trail_belong_to_a_restored_copy(sqlite, sqlite_url, tmp_path):
    """As the README says: the copy into an empty folder, the keys beside it."""
    home, restored = tmp_path / "home", tmp_path / "restored"
    environ = {"TENURE_HOME": str(home), "TENURE_DATABASE_URL": sqlite_url}
    instance = sqlite.start_process_instance("letter", by=SYSTEM)
    document = sqlite.store_document(
        "offer.pdf", b"%PDF" * 9999, process_instance_key=instance.key, by=SYSTEM
    )
    seal_key = read_or_create_key(home_key(home))
    envelope = SealKeys(seal_key).seal(b"42", "bid")
    assert CliRunner().invoke(main, ["audit", "seal", str(tmp_path / "seal")], env=environ).exit_code == 0

    assert backup(sqlite_url, tmp_path / "copy", home)[0] == 0
    restored.mkdir()
    shutil.copy(tmp_path / "copy", restored / "tenure.sqlite")
    for key in home.glob("*.key"):
        shutil.copy(key, restored)
    verified = CliRunner().invoke(
        main, ["audit", "verify", "--seal", str(tmp_path / "seal")], env={"TENURE_HOME": str(restored)}
    )
    engine = opened(f"sqlite:///{restored / 'tenure.sqlite'}")

    assert verified.exit_code == 0, verified.output
    assert engine.document_content(document.key, by=SYSTEM) == b"%PDF" * 9999
    assert SealKeys(read_or_create_key(home_key(restored))).open(envelope, "bid") == b"42"
    assert goes_on(engine) == 1
    engine.close()


def home_key(home):
    home.mkdir(exist_ok=True)
    return home / "seal.key"


def test_a_copy_is_closed_to_others_and_never_overwritten(sqlite, sqlite_url, tmp_path):
    backup(sqlite_url, tmp_path / "copy", tmp_path)

    code, printed = backup(sqlite_url, tmp_path / "copy", tmp_path)

    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    assert code == 1
    assert "is there already" in printed
    assert not (tmp_path / "copy.part").exists()


@pytest.mark.postgres
def test_for_postgres_the_command_names_pg_dump(filled_postgres_url, tmp_path):
    engine = opened(filled_postgres_url)
    stamp(engine.database)
    engine.close()

    code, printed = backup(filled_postgres_url, tmp_path / "copy", tmp_path)

    assert code == 1
    assert "pg_dump" in printed


@pytest.mark.postgres
def test_a_dump_of_a_postgres_database_in_use_restores_and_goes_on(postgres_server, tmp_path):
    tools = postgres_tools()
    with postgres_server.filled(lambda: [metadata]) as live, postgres_server.empty() as other:
        engine = opened(live)
        stamp(engine.database)
        engine.deploy([LETTER], by=SYSTEM)
        for _ in range(3):
            last = engine.start_process_instance("letter", by=SYSTEM).key
        document = engine.store_document("offer.pdf", b"%PDF" * 9999, process_instance_key=last, by=SYSTEM)

        dump = tmp_path / "tenure.dump"
        run(tools / "pg_dump", "--format=custom", f"--file={dump}", plain(live))
        engine.start_process_instance("letter", by=SYSTEM)
        run(tools / "pg_restore", "--no-owner", f"--dbname={plain(other)}", dump)
        restored = opened(other)

        assert restored.document_content(document.key, by=SYSTEM) == b"%PDF" * 9999
        assert goes_on(restored) == 3
        assert goes_on(engine) == 4
        engine.close()
        restored.close()


def plain(url):
    return url.replace("postgresql+psycopg:", "postgresql:")


def run(*command):
    ended = subprocess.run([str(one) for one in command], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
