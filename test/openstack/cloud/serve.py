"""The WSGI application of a service, as uwsgi loads it, with SQLite prepared for many clients.

A transaction that reads first and writes later fails at once ("database is locked") if another one has written
in the meantime, whatever the timeout is. With the write lock taken at BEGIN, it waits instead.
"""

import importlib
import os

from sqlalchemy import event, text
from sqlalchemy.engine import Engine


@event.listens_for(Engine, "begin")
def take_write_lock(connection):
    if connection.dialect.name == "sqlite" and "in_transaction" not in connection.info:
        connection.execute(text("BEGIN IMMEDIATE"))
        connection.info["in_transaction"] = True  # oslo.db then sends no BEGIN of its own


application = importlib.import_module(os.environ["SERVED_MODULE"]).application
