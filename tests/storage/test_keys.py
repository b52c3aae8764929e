"""Keys are unique, whoever asks at the same time and whatever is undone."""

import threading

from engine.storage import Database
from engine.storage.keys import BLOCK, FIRST_KEY
from tests.storage.sample import Undo, undone

TRIALS = 200


def test_keys_begin_above_2_to_the_51_and_fit_into_javascript(database):
    with database.write() as unit:
        first = unit.keys.next()

    assert first == FIRST_KEY > 2**51
    assert first < 2**53


def test_later_transactions_go_on_with_the_rest_of_the_block(database):
    with database.write() as unit:
        first = unit.keys.next()
    with database.write() as unit:
        second = unit.keys.next()

    assert second == first + 1


def test_more_keys_than_a_block_in_one_transaction(database):
    with database.write() as unit:
        keys = [unit.keys.next() for _ in range(3 * BLOCK)]

    assert len(set(keys)) == 3 * BLOCK


def test_keys_of_an_undone_transaction_are_given_to_nobody_who_keeps_them(database):
    kept = []
    for n in range(5):
        with undone(), database.write() as unit:
            unit.keys.next()
            raise Undo
        with database.write() as unit:
            kept += [unit.keys.next() for _ in range(BLOCK // 2 + n)]

    assert len(set(kept)) == len(kept)


def test_a_block_taken_inside_an_undone_savepoint_is_not_used_again(database):
    with database.write() as unit:
        kept = [unit.keys.next() for _ in range(BLOCK - 1)]
        with undone(), unit.savepoint():
            for _ in range(5):
                unit.keys.next()
            raise Undo
        kept += [unit.keys.next() for _ in range(5)]
    with database.write() as unit:
        kept += [unit.keys.next() for _ in range(2 * BLOCK)]

    assert len(set(kept)) == len(kept)


def test_two_nodes_never_get_the_same_key(database_url):
    nodes = [Database(database_url, durable=False) for _ in range(2)]
    found: list[list[int]] = [[], []]
    together = threading.Barrier(2)

    def allocate(n: int) -> None:
        together.wait()
        for trial in range(TRIALS):
            with nodes[n].write() as unit:
                found[n] += [unit.keys.next() for _ in range(1 + trial % 7)]

    threads = [threading.Thread(target=allocate, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found[0]) == len(found[1]) > TRIALS
    assert not set(found[0]) & set(found[1])
    for node in nodes:
        node.close()
