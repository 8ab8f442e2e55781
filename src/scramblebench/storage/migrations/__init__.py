"""How the schema came to be: Alembic's revisions, run by ``schema.migrate``."""
