"""Key files: made once, closed to others, refused when something is wrong with them."""

import stat

import pytest

from tenure.keys import KeyFileInvalid, read_or_create_key


def test_a_key_is_made_once_and_closed_to_others(tmp_path):
    path = tmp_path / "session.key"

    first = read_or_create_key(path)
    second = read_or_create_key(path)

    assert first == second
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "session.key"
    read_or_create_key(path)
    path.chmod(0o644)

    with pytest.raises(KeyFileInvalid, match="chmod 600"):
        read_or_create_key(path)


def test_a_cut_key_is_refused(tmp_path):
    path = tmp_path / "session.key"
    path.write_bytes(b"short")
    path.chmod(0o600)

    with pytest.raises(KeyFileInvalid, match="5 bytes instead of 32"):
        read_or_create_key(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(KeyFileInvalid, match="cannot be made"):
        read_or_create_key(tmp_path / "missing" / "session.key")
