"""`$id` and `$ref`: the object graphs that Newtonsoft's serializer leaves in alerts."""

from __future__ import annotations

from typing import Any

DEPTH = 20


def resolved(values: list[Any]) -> list[Any]:
    """A list in which every `{"$ref": n}` stands replaced by the object with that `$id` from the same list.

    A reference to nothing, and one to an object that contains it, is left as it is, and so is what lies deeper than
    `DEPTH`. Where an id is used twice, the first object has it. Every object is resolved once, so the work does not grow
    faster than the list, however its references are woven.
    """
    graph = _Graph()
    return [graph.resolve(value, 0) for value in values] if graph.learn(values, 0) and graph.known else values


class _Graph:
    """The objects that have an id, by id: as they were, and resolved; and which values there is something to do in."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self._done: dict[str, Any] = {}
        self._open: set[str] = set()
        self._refer: set[int] = set()

    def learn(self, value: Any, depth: int) -> bool:
        """Take note of every id in a value. Says whether there is a reference in it."""
        if depth > DEPTH:
            return False
        refers = False
        if isinstance(value, dict):
            own = value.get("$id")
            if own is not None:
                self.known.setdefault(str(own), value)
            refers = "$ref" in value
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, (list, dict)) and self.learn(inner, depth + 1):
                refers = True
        if refers:
            self._refer.add(id(value))
        return refers

    def resolve(self, value: Any, depth: int) -> Any:
        """A value with its references replaced."""
        if depth > DEPTH or id(value) not in self._refer:
            return value
        if isinstance(value, list):
            return [self.resolve(item, depth + 1) for item in value]
        own = str(value.get("$id"))
        has_id = self.known.get(own) is value
        return self._named(own, value, depth) if has_id else self._object(value, depth)

    def _object(self, value: dict[str, Any], depth: int) -> Any:
        reference = value.get("$ref")
        if reference is not None:
            return self._named(str(reference), value, depth)
        return {key: self.resolve(inner, depth + 1) for key, inner in value.items()}

    def _named(self, name: str, otherwise: dict[str, Any], depth: int) -> Any:
        """The object with an id, resolved; `otherwise` if there is none, or if this is inside of it."""
        if name not in self.known or name in self._open or depth > DEPTH:
            return otherwise
        if name not in self._done:
            self._open.add(name)
            known = self.known[name]
            self._done[name] = self._object(known, depth + 1) if id(known) in self._refer else known
            self._open.remove(name)
        return self._done[name]
