"""`$id` and `$ref`: the object graphs that Newtonsoft's serializer leaves in alerts."""

from __future__ import annotations

from typing import Any

LONGEST = 20
"""References that are followed one after the other."""


class References:
    """The objects of one JSON value by their `$id`: what a `{"$ref": n}` in it stands for.

    The value is only searched when the first reference is met, once, and in no more time than reading it took.

    Args:
        root: The list or object that was serialized in one piece: ids count inside it alone.
    """

    __slots__ = ("_known", "_root", "_top")

    def __init__(self, root: Any) -> None:
        self._root = root
        self._top: dict[str, dict[str, Any]] | None = None
        self._known: dict[str, dict[str, Any]] | None = None

    def follow(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object that a reference stands for. What is no reference, or one to nothing or to itself, stays.

        Where an id is used twice, the first object has it.
        """
        found = value
        for _ in range(LONGEST):
            name = found.get("$ref")
            if name is None:
                return found
            target = self._object(name if type(name) is str else str(name))
            if target is None:
                return found
            found = target
        return value

    def _object(self, name: str) -> dict[str, Any] | None:
        """The object with an id. Most references are to what stands in the list itself, so that is looked through first."""
        if self._top is None:
            self._top = _named(self._root if isinstance(self._root, list) else [self._root])
        if name not in self._top and self._known is None:
            self._known = _by_id(self._root)
        return self._top.get(name) or (self._known or {}).get(name)


def _named(items: list[Any]) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for item in items:
        if isinstance(item, dict) and item.get("$id") is not None:
            known.setdefault(str(item["$id"]), item)
    return known


def _by_id(root: Any) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    todo = [root]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            own = value.get("$id")
            if own is not None:
                known.setdefault(str(own), value)
            todo += [inner for inner in reversed(value.values()) if isinstance(inner, (dict, list))]
        else:
            todo += [inner for inner in reversed(value) if isinstance(inner, (dict, list))]
    return known
