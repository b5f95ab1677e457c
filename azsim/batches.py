"""Entity-group transactions as they travel: a change set of requests in one body, and its answer."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from azsim.entities import Write, write_of
from azsim.messages import Response
from azsim.problem import Problem, bad_request

MAX_BYTES = 4 * 1024 * 1024
MAX_CHANGES = 100

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body of one part."""


def parse(content: bytes) -> list[Write]:
    """The writes of a transaction.

    Raises:
        Problem: If there are too many, or they may not stand together.
    """
    writes = _parts(content)
    partitions = {(write.table, write.key[0]) for write in writes}
    if not 1 <= len(writes) <= MAX_CHANGES:
        raise bad_request("InvalidInput", f"A batch takes 1 to {MAX_CHANGES} changes.")
    if len(partitions) != 1:
        raise bad_request(
            "CommandsInBatchActOnDifferentPartitions", "All commands in a batch must operate on same entity group."
        )
    if len({write.key for write in writes}) != len(writes):
        raise bad_request("InvalidDuplicateRow", "An entity can appear only once in a batch.")
    if len(content) > MAX_BYTES:
        raise Problem(413, "RequestBodyTooLarge", "The request body is too large.")
    return writes


def _parts(content: bytes) -> list[Write]:
    boundary = re.search(rb"boundary=(changeset_[\w-]+)", content)
    if boundary is None:
        raise bad_request("InvalidInput", "The batch holds no change set.")
    writes = []
    for part in content.split(b"--" + boundary[1])[1:-1]:
        _, _, request = part.partition(b"\r\n\r\n")
        head, _, body = request.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        method, url, _ = line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)}
        writes.append(write_of(method, unquote(urlsplit(url).path).lstrip("/"), headers, body.strip()))
    return writes


def answer(parts: list[Answer]) -> Response:
    """The answer to a transaction."""
    lines = [b"--batchresponse_azsim", b"Content-Type: multipart/mixed; boundary=changesetresponse_azsim", b""]
    for status, headers, body in parts:
        lines += [
            b"--changesetresponse_azsim",
            b"Content-Type: application/http",
            b"Content-Transfer-Encoding: binary",
            b"",
            f"HTTP/1.1 {status} {'No Content' if status == 204 else 'Error'}".encode(),
            *(f"{name}: {value}".encode() for name, value in headers.items()),
            b"",
            body,
        ]
    lines += [b"--changesetresponse_azsim--", b"--batchresponse_azsim--", b""]
    return Response(202, {"content-type": "multipart/mixed; boundary=batchresponse_azsim"}, b"\r\n".join(lines))
