"""Every scenario runs twice: with the runtime kept in memory, and reloaded from stored text at every step."""

import pytest

from .world import World


@pytest.fixture(params=[False, True], ids=["in-memory", "reloaded"])
def world(request):
    return World(reload=request.param)
