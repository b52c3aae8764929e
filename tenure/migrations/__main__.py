"""Write the next revision: `python -m tenure.migrations "what it is for"`.

It compares the tables of the program with those that the revisions so far lead to. Read what it wrote
before you commit it: renamed columns look like one dropped and one added, and data that must move is
yours to move.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script
from sqlalchemy import create_engine

from tenure.migrations import SCRIPTS


def write_revision(message: str) -> Path:
    """Answers the file of the new revision."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/compare.db")
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            numbers = [path.name[:4] for path in Path(__file__).with_name("versions").glob("[0-9]*.py")]
            number = f"{max(map(int, numbers), default=0) + 1:04}"
            script = command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    assert isinstance(script, Script)
    path = Path(script.path)
    path.write_text(_tidied(path.read_text()))
    return path


def _tidied(text: str) -> str:
    """Without Alembic's marks and defaults: names are final already."""
    text = re.sub(r"    # ### .*\n", "", text)
    text = re.sub(r"(?:batch_)?op\.f\(('[^']*')\)", r"\1", text)
    return text.replace(", unique=False", "")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    written = write_revision(sys.argv[1])
    sys.stdout.write(f"{written}\nNow run: ruff check --fix {written}; ruff format {written}\n")
