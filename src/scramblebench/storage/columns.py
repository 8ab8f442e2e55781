"""The kinds of columns that tables are made of, and the metadata that holds them.

Moments are microseconds since 1970, money is micro-dollars, hashes are 32 raw bytes; ``exact`` is explained in
``sanitise``.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

_ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def number() -> Column[int]:
    """Return the number of a row, counted by the database."""
    return Column("no", _ROW_NUMBER, primary_key=True, autoincrement=True)


def key(name: str, kind: type[BigInteger | Text | LargeBinary] = BigInteger) -> Column[Any]:
    """Return a part of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def reference(
    name: str, table: str, *, is_key: bool = False, is_unique: bool = False
) -> Column[int]:
    """Return a reference to the number of a row of another table."""
    return Column(
        name,
        BigInteger,
        ForeignKey(f"{table}.no"),
        primary_key=is_key,
        autoincrement=False,
        nullable=False,
        unique=is_unique or None,
    )


def text_column(name: str, *, is_unique: bool = False) -> Column[str]:
    """Return a text."""
    return Column(name, Text, nullable=False, unique=is_unique or None)


def optional_text(name: str) -> Column[str | None]:
    """Return a text that may be missing."""
    return Column(name, Text)


def integer_column(name: str) -> Column[int]:
    """Return an integer."""
    return Column(name, BigInteger, nullable=False)


def small_column(name: str) -> Column[int]:
    """Return a number of ``vocabulary``'s fixed words."""
    return Column(name, SmallInteger, nullable=False)


def count(name: str) -> Column[int]:
    """Return a count that a later version of the schema added: 0 in rows that were there."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def optional_integer(name: str) -> Column[int | None]:
    """Return an integer that may be missing."""
    return Column(name, BigInteger)


def float_column(name: str) -> Column[float]:
    """Return a double."""
    return Column(name, Float(53), nullable=False)


def optional_float(name: str) -> Column[float | None]:
    """Return a double that may be missing."""
    return Column(name, Float(53))


def flag(name: str) -> Column[bool]:
    """Return true or false."""
    return Column(name, Boolean, nullable=False)


def hash_column(name: str, *, is_unique: bool = False) -> Column[bytes]:
    """Return 32 raw bytes."""
    return Column(name, LargeBinary, nullable=False, unique=is_unique or None)


def bytes_column(name: str) -> Column[bytes | None]:
    """Return bytes that may be missing."""
    return Column(name, LargeBinary)


def exact() -> Column[bytes | None]:
    """Return the true texts of columns that had to be altered; see ``sanitise``."""
    return Column("exact", LargeBinary)
