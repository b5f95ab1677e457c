"""A dead letter: what could not be read, as it is kept for a person."""

from __future__ import annotations

from msgspec import Struct


class Letter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dead letter.

    Args:
        id: Derived from the body and the reason: the same body dead-lettered twice has the same id.
        reason: Why it could not be read.
        where: The exact place in the body.
        source: The source that tried; empty if none did.
        door: How it came in.
        received: When, in UTC.
        attempts: How often it has been tried.
        digest: SHA-256 of the body.
        size: Of the body, in bytes.
        body: The body in base64; empty if it is in a blob.
        blob: Name of the blob that holds the body, if it is too large for a message.
        trace: W3C trace context of the call.
    """

    id: str
    reason: str
    where: str
    source: str
    door: str
    received: str
    attempts: int
    digest: str
    size: int
    body: bytes = b""
    blob: str = ""
    trace: str = ""
