"""Two engagements on real public figures, played into the database that `tenure run` shows."""

from __future__ import annotations

import click

from engine import (
    Database,
    FixedClock,
    InstanceState,
    ProcessEngine,
    ProcessInstanceFilter,
    SystemClock,
)
from tasks.tender.sealing import SealKeys

from ..keys import read_or_create_key
from ..serving import node_name
from ..settings import Settings
from ..shipped import deploy_shipped
from ..wiring import open_database, open_engine
from .cast import DIRECTOR, enlist_suppliers, gather_cast
from .facts import city_facts, port_facts
from .player import Player, Story
from .selection_story import SelectionStory
from .services_story import ServicesStory


def play_demonstration(settings: Settings) -> None:
    """Play both stories to their end, each from where it was left.

    Raises ExecutorAlreadyRunning when another process executes on this database, and DemonstrationStuck.
    """
    keys = SealKeys(read_or_create_key(settings.seal_key_file))
    # The earlier one first: the clock of the later one would fire the timers of the earlier.
    stories = (ServicesStory(city_facts(), keys), SelectionStory(port_facts(), keys))
    letters = [letter for story in stories for letter in story.letters]
    database = open_database(settings)
    try:
        with database.executor(node_name(), SystemClock().now()):
            engine = open_engine(settings, database)
            password = gather_cast(engine, letters)
            deploy_shipped(engine)
            if password:
                click.echo(f"Sample accounts were made; their password, shown this once: {password}")
            enlist_suppliers(engine, letters)
            for story in stories:
                _play(settings, database, story)
    finally:
        database.close()
    click.echo("Played. Start `tenure run` and look at the register of engagements.")


def interrupted_stories(engine: ProcessEngine) -> list[str]:
    """Business keys of the stories that were begun and not played to their end: their clock stands in the
    past, and whoever runs the timers of this database at today's date spoils them."""
    return [
        story.business_key
        for story in (ServicesStory, SelectionStory)
        if _is_active(engine, story.business_key)
    ]


def _is_active(engine: ProcessEngine, business_key: str) -> bool:
    wanted = ProcessInstanceFilter(business_key=business_key, states=(InstanceState.ACTIVE,))
    return engine.process_instances(wanted, by=DIRECTOR, limit=1).total > 0


def _play(settings: Settings, database: Database, story: Story) -> None:
    clock = FixedClock(story.start_at)
    engine: ProcessEngine = open_engine(settings, database, clock=clock)
    try:
        with click.progressbar(length=story.steps, label=story.business_key, show_pos=True) as bar:

            def show(done: int) -> None:
                bar.label = f"{story.business_key} {clock.now():%Y-%m-%d}"
                bar.update(max(min(done, story.steps) - bar.pos, 0))

            Player(engine, clock, story, show).play()
            bar.update(max(story.steps - bar.pos, 0))
    finally:
        engine.close()
