"""The README's door to the database."""

import asyncio

from scramblebench.storage import Database, open_database, shared_url


class DatabaseManager:
    """A database by its URL; without one, ``DATABASE_URL`` or the embedded file of this user."""

    def __init__(self, database_url: str | None = None) -> None:
        self.database_url = database_url  # as it was given, perhaps with a password: never shown
        self.database: Database = open_database(database_url)

    @property
    def shared_url(self) -> str:
        """The URL by which other processes open the same database; may have a password: never shown."""
        return shared_url(self.database_url)

    def __repr__(self) -> str:
        return f"DatabaseManager({self.database.shown_url!r})"

    async def initialize_database(self) -> None:
        """Create the schema or bring it up to date; may be called any number of times."""
        await asyncio.to_thread(self.database.migrate)

    async def close(self) -> None:
        """Give all connections back."""
        await asyncio.to_thread(self.database.close)
