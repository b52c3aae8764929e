"""The history of the database's schema, over the tables of engine and tasks alike.

A revision, once released, is never changed. `SCRIPTS` says where the revisions are.
"""

SCRIPTS = "tenure:migrations"
