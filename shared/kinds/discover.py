"""Extensions are found by looking: one per file, named like the file. There is no list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shared.model.errors import Mistake, Mistakes


def discover(package: str, attribute: str, *kinds: type) -> dict[str, Any]:
    """Every extension below a package, by name: the path of its file in dots, without the package.

    Args:
        package: Where to look, subfolders included.
        attribute: The name under which each file must hold its extension.
        kinds: What it must be, one of these.

    Raises:
        Mistakes: For every file that does not.
    """
    root = importlib.import_module(package)
    found: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for module in sorted(_modules(root.__path__, f"{package}.")):
        value = getattr(importlib.import_module(module), attribute, None)
        if isinstance(value, kinds):
            found[module.removeprefix(f"{package}.")] = value
        else:
            text = f"this file must hold one {' or '.join(kind.__name__ for kind in kinds)} named `{attribute}`"
            mistakes.append(Mistake(str(Path(*module.split("."))) + ".py", "", text))
    if mistakes:
        raise Mistakes(mistakes)
    return found


def _modules(path: Iterable[str], prefix: str) -> list[str]:
    names: list[str] = []
    for module in pkgutil.iter_modules(path, prefix):
        if module.name.endswith(".__main__"):
            continue
        if module.ispkg:
            names += _modules(importlib.import_module(module.name).__path__, f"{module.name}.")
        else:
            names.append(module.name)
    return names
