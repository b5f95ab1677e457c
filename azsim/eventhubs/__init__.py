"""An Event Hubs namespace in memory, good enough for the unmodified SDKs."""

from azsim.eventhubs.broker import Broker

__all__ = ["Broker"]
