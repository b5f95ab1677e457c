"""Flows as Network Watcher logs them, and what many of them come to.

A flow is one text: `epoch,source,destination,source port,destination port,protocol,direction,decision or state,…`. The first
versions count seconds and say `A` or `D`; those of virtual networks count milliseconds and say `D` among the states.
https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview#log-format
https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview#log-format
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shared.kinds import valid
from shared.kinds.fields import Fields, as_text, decoded

_DEPTH = 5
_PARTS = 8
_MILLISECONDS = 100_000_000_000
"""More seconds than that lie three thousand years ahead."""
_DIRECTIONS = ("I", "O")
_INSIDE = ("flows", "flow", "flowgroups")
_TUPLES = ("flowtuples", "flowtuple")
_PLACE = re.compile(r"(?:[._]\d{1,6})+$")
_OURS = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "168.63.129.16/32",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Private addresses, and the one of the platform."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One entry of a log: that a flow began, went on, ended or was denied.

    Args:
        seconds: When, since 1970; 0 if it does not say.
        source: An address as it was written: there are many, and only the few that are named are worth a check.
        destination: Another.
        denied: Whether it was refused.
        rule: The rule that decided.
    """

    seconds: int
    source: str
    destination: str
    denied: bool
    rule: str = ""


@dataclass(slots=True)
class Sum:
    """What many entries come to, addresses by how often they occur.

    Args:
        denied: Entries that were refused.
        allowed: Those that were not.
        refused: Sources that were denied.
        sources: Sources that were not.
        destinations: Where what was allowed went to.
        rules: The rules that denied.
        first: When the first was, in seconds since 1970; 0 if none says.
        last: When the last was.
    """

    denied: int = 0
    allowed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    destinations: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    first: int = 0
    last: int = 0

    def add(self, flow: Flow) -> None:
        """Count one more."""
        if flow.denied:
            self.denied += 1
            self.refused[flow.source] += 1
            self.rules[flow.rule] += 1
        else:
            self.allowed += 1
            self.sources[flow.source] += 1
            self.destinations[flow.destination] += 1
        if flow.seconds:
            self.first = min(self.first or flow.seconds, flow.seconds)
            self.last = max(self.last, flow.seconds)

    def addresses(self, most: int) -> list[str]:
        """The most telling addresses: denied sources first, public ones before private, and of each the most frequent."""
        found: dict[str, None] = {}
        for counter in (self.refused, self.sources, self.destinations):
            public: list[str] = []
            private: list[str] = []
            for text, _ in counter.most_common():
                if address := valid.ip(text):
                    (public if is_public(address) else private).append(address)
                if len(public) >= most:
                    break
            found |= dict.fromkeys((*public, *private))
            if len(found) >= most:
                break
        return list(found)[:most]


def flows(texts: Iterable[tuple[str, str]]) -> Iterator[Flow]:
    """The flows in these texts, each with its rule; what is no flow is left out."""
    for rule, text in texts:
        parts = [part.strip() for part in text.split(",")]
        if len(parts) >= _PARTS and parts[6].upper() in _DIRECTIONS:
            denied = parts[7].upper() == "D"
            yield Flow(seconds(parts[0]), parts[1], parts[2], denied, rule)


def texts(node: Any, rule: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, str]]:
    """Every flow's text below an object or a list of them, with the rule it stands under.

    Shippers that split records leave one object where a list was, or one text, or put the place in a list into a name:
    `flow.0`, `flows.0.flows.0.flowTuples.1`.
    """
    node = decoded(node)
    if isinstance(node, list):
        for item in node:
            yield from texts(item, rule, depth)
        return
    if not isinstance(node, dict) or depth < 0:
        return
    rule = Fields(node).text("rule", "ruleName") or rule
    for key, value in node.items():
        name = _PLACE.sub("", key.strip().lower()).rpartition(".")[2]
        if name in _TUPLES or (name == "flow" and isinstance(value, str)):
            found = decoded(value)
            yield from (
                (rule, text) for item in (found if isinstance(found, list) else [found]) if (text := as_text(item))
            )
        elif name in _INSIDE:
            yield from texts(value, rule, depth - 1)


def seconds(text: str) -> int:
    """Seconds since 1970, of a count of seconds or of milliseconds; 0 for anything else."""
    text = text.strip().partition(".")[0]
    count = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return count // 1000 if count > _MILLISECONDS else count


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, and not of a private network."""
    found = ipaddress.ip_address(address)
    return not any(found in network for network in _OURS)
