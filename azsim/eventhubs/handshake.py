"""The start of a connection: protocol headers (section 2.2 of AMQP 1.0) and SASL (section 5.3)."""

from asyncio import StreamReader, StreamWriter

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.frames import AMQP_HEADER, SASL_HEADER, frame, read_frame, read_header
from azsim.eventhubs.performatives import SaslInit, SaslMechanisms, SaslOutcome
from azsim.eventhubs.values import Array, Symbol, UByte

_ANONYMOUS = Symbol("ANONYMOUS")
_OK, _REFUSED = UByte(0), UByte(1)


async def shake_hands(reader: StreamReader, writer: StreamWriter) -> None:
    """Agree on AMQP 1.0 after SASL ANONYMOUS; what counts is the token that `$cbs` gets later.

    Raises:
        ClientLeft: before it was done.
        AmqpError: the client wants something else.
    """
    await _exchange_headers(reader, writer, SASL_HEADER)
    # Azure offers more; this one is what the SDKs for Python and JavaScript use, whatever their credential.
    writer.write(frame(SaslMechanisms(Array([_ANONYMOUS]))))
    answer = await read_frame(reader)
    init = answer.performative if answer else None
    anonymous = isinstance(init, SaslInit) and init.mechanism == _ANONYMOUS
    writer.write(frame(SaslOutcome(_OK if anonymous else _REFUSED)))
    if not anonymous:
        raise AmqpError(Condition.UNAUTHORIZED_ACCESS, "SASL ANONYMOUS is the only mechanism")
    await _exchange_headers(reader, writer, AMQP_HEADER)


async def _exchange_headers(reader: StreamReader, writer: StreamWriter, expected: bytes) -> None:
    header = await read_header(reader)
    # To another header the answer is the right one, too, before the connection is closed.
    writer.write(expected)
    if header != expected:
        raise AmqpError(Condition.FRAMING_ERROR, f"no protocol header: {header!r}")
