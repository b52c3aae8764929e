"""`tenure run` as a newcomer uses it: a real process, on both databases."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest
from click.testing import CliRunner

from engine import SYSTEM, ProcessEngine
from tenure import command_line
from tenure.command_line import main
from tenure.demonstration.services_story import ServicesStory
from tests.engine.diagrams import end, process, start, user_task


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def tenure(*arguments, home, url=None, port=None, module="tenure", **more):
    """A process of the program; answers it. It is killed at the end if it still runs."""
    environ = {
        **os.environ,
        "TENURE_HOME": str(home),
        "TENURE_PORT": str(port or 0),
        "PYTHONUNBUFFERED": "1",
        **({"TENURE_DATABASE_URL": url} if url else {}),
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until_ready(port, process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the program ended: {process.stdout.read()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return answer.status
        except OSError:
            time.sleep(0.1)
    return pytest.fail("the program was not ready in time")


def fetched(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()


def stop(process):
    """Ctrl-C; answers the exit code and everything that was printed."""
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    return process.returncode, output


def test_run_sets_everything_up_keeps_data_and_stops_cleanly(tmp_path, empty_database_url):
    port = free_port()
    url = None if empty_database_url.startswith("sqlite") else empty_database_url

    with tenure("run", home=tmp_path, url=url, port=port) as first:
        assert wait_until_ready(port, first) == 200
        code, printed = stop(first)
    with tenure("run", home=tmp_path, url=url, port=port) as second:
        assert wait_until_ready(port, second) == 200
        code_again, printed_again = stop(second)

    assert (code, code_again) == (0, 0)
    assert re.search(r"Deployed \d+ processes", printed)
    assert "Their password, shown this once:" in printed
    assert "password" not in printed_again
    assert "Deployed" not in printed_again
    assert "Traceback" not in printed + printed_again


def test_one_process_executes_on_a_sqlite_file_and_administration_goes_on_beside_it(tmp_path):
    port = free_port()

    with tenure("run", home=tmp_path, port=port) as first:
        wait_until_ready(port, first)
        with ExitStack() as stack:
            others = [
                stack.enter_context(tenure(kind, home=tmp_path))
                for kind in ("run", "serve", "worker", "demo")
            ]
            refusals = [other.communicate(timeout=120)[0] for other in others]
        beside = [
            ["user", "list"],
            ["deploy", "processes/approval_chain"],
            ["audit", "verify"],
            ["audit", "seal", str(tmp_path / "seal")],
            ["backup", str(tmp_path / "copy")],
            ["db", "check"],
            ["db", "upgrade"],
        ]
        environ = {"TENURE_HOME": str(tmp_path)}
        administered = [CliRunner().invoke(main, arguments, env=environ) for arguments in beside]
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)

    assert [other.returncode for other in others] == [1] * 4
    for refusal in refusals:
        assert f"(process {first.pid}, since " in refusal
        assert "stop it first, or use PostgreSQL" in refusal
        assert "Traceback" not in refusal
    assert [ended.exit_code for ended in administered] == [0] * len(beside)
    watch = free_port()
    with tenure("worker", home=tmp_path, port=0, TENURE_WATCH_PORT=str(watch)) as next_one:
        assert wait_until_ready(watch, next_one) == 200
        assert "tenure_handler_threads" in fetched(watch, "/metrics")
        assert stop(next_one)[0] == 0


@pytest.mark.parametrize("kind", ["run", "worker"])
def test_an_interrupted_demonstration_is_not_run_over(tmp_path, monkeypatch, kind):
    environ = {"TENURE_HOME": str(tmp_path)}
    CliRunner().invoke(main, ["db", "upgrade"], env=environ)
    engine = ProcessEngine(f"sqlite:///{tmp_path / 'tenure.sqlite'}")
    engine.deploy([process("letter", start(), user_task("write"), end(), flows="start>write>end")], by=SYSTEM)
    for business_key in ("mine", ServicesStory.business_key):
        engine.start_process_instance("letter", business_key=business_key, by=SYSTEM)
    engine.close()
    monkeypatch.setattr(command_line, "executing_node", lambda *_, **__: pytest.fail("it executes"))

    refused = CliRunner().invoke(main, [kind], env=environ)

    assert refused.exit_code == 1
    assert f"the demonstration was interrupted: {ServicesStory.business_key} stand" in refused.output
    assert "tenure demo" in refused.output
    with pytest.raises(pytest.fail.Exception, match="it executes"):
        CliRunner().invoke(main, [kind, "--force"], env=environ, catch_exceptions=False)


def test_serve_refuses_an_older_schema_and_names_the_mend(tmp_path):
    with tenure("serve", home=tmp_path) as serve:
        output, _ = serve.communicate(timeout=60)

    assert serve.returncode == 1
    assert "tenure db upgrade" in output


def test_a_database_that_cannot_be_reached_is_told_in_one_sentence(tmp_path):
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"

    with tenure("run", home=tmp_path, url=url) as run:
        output, _ = run.communicate(timeout=60)

    assert run.returncode == 1
    assert output.startswith("Error: ")
    assert "Traceback" not in output


def test_a_lost_password_is_replaced_on_the_command_line(tmp_path):
    with tenure("db", "upgrade", home=tmp_path) as upgrade:
        upgrade.communicate(timeout=60)
    with tenure("user", "add", "ann", "--name", "Ann", home=tmp_path) as add:
        add.communicate("first secret 1\n", timeout=60)
    with tenure("user", "password", "ann", home=tmp_path) as change:
        output, _ = change.communicate("second secret 2\n", timeout=60)
    with tenure("user", "password", "nobody", home=tmp_path) as unknown:
        refused, _ = unknown.communicate("third secret 3\n", timeout=60)

    assert change.returncode == 0
    assert "is changed" in output
    assert unknown.returncode == 1
    assert "nobody" in refused
