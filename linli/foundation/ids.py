"""Identifiers: UUIDv7 (RFC 9562), made by the app, so that rows sort by the time of their making."""

from uuid import UUID

from uuid_utils import uuid7 as _uuid7


def uuid7() -> UUID:
    return UUID(bytes=_uuid7().bytes)
