"""Settings: typed, from the app's environment, every mistake reported at once."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.model import setting_texts as texts
from shared.model.budget import Budgets, read_budgets
from shared.model.cloud import CLOUDS, Cloud
from shared.model.errors import Mistake, Mistakes
from shared.model.own import own_resources

PREFIX = "RIPOSTE_"
EVENT_HUB = "RIPOSTE_EVENTHUB"


def _setting(doc: str, read: Callable[[str], Any] = str, default: str | None = None, name: str = "") -> Any:
    return field(metadata={"doc": doc, "read": read, "default": default, "name": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between deployments."""

    ledger: str = _setting("Table endpoint of the ledger's storage account.", texts.https)
    ledger_table: str = _setting("The ledger's table.", default="riposte")
    blobs: str = _setting("Blob endpoint for bodies too large for a dead letter.", texts.https)
    blob_container: str = _setting("The container for them.", default="dead-letters")
    logs: str = _setting("Logs ingestion endpoint of the audit's data collection rule.", texts.https)
    logs_rule: str = _setting("Immutable id of that rule, beginning with `dcr-`.")
    alerts_hub: str = _setting("Event hub that alerts come in by.")
    dead_letters_hub: str = _setting("Event hub that dead letters go to.", default="dead-letters")
    identity_client_id: str = _setting("Client id of the app's managed identity.", texts.guid, name="AZURE_CLIENT_ID")
    identity_object_id: str = _setting("Object id of the app's managed identity: never acted on.", texts.guid)
    own_scopes: tuple[str, ...] = _setting(
        "Resource ids of everything Riposte itself runs on, such as its resource group, comma-separated: never acted on. "
        "Name what the other settings do not: its vault, its data collection rule, its network.",
        texts.scopes,
    )
    protected_ids: tuple[str, ...] = _setting(
        "Resource ids, object ids and UPNs never acted on, comma-separated; a resource id covers what lies below it.",
        texts.ids,
        default="",
    )
    protected_tag: tuple[str, str] = _setting(
        "Tag of resources never acted on: `name`, or `name=value`.", texts.tag, default="riposte=protected"
    )
    protected_groups: tuple[str, ...] = _setting(
        "Object ids of groups whose members, nested ones included, are never acted on, comma-separated.",
        texts.guids,
        default="",
    )
    protected_locks: tuple[str, ...] = _setting(
        "Levels of management locks that keep a resource from being acted on, its own and inherited ones, "
        "comma-separated; `none`: no lock does.",
        texts.lock_levels,
        default=",".join(texts.LOCK_LEVELS),
    )
    protected_roles: tuple[str, ...] = _setting(
        "Names or template ids of Entra roles whose holders, eligible ones included, are never acted on, "
        "comma-separated; `*`: any role; `none`: no role.",
        texts.roles,
        default=texts.ANY,
    )
    sentinel_workspace: str = _setting(
        "Resource id of the Sentinel workspace: to run a playbook by incident id, to read incidents too large for a "
        "message, and to find those that were not delivered.",
        texts.workspace,
        default="",
    )
    reconcile_subscriptions: tuple[str, ...] = _setting(
        "Ids of subscriptions, comma-separated, whose Defender for Cloud alerts are compared with what was delivered.",
        texts.guids,
        default="",
    )
    reconcile_graph_alerts: bool = _setting(
        "Whether the alerts of Microsoft Graph are compared with what was delivered.", texts.flag, default="false"
    )
    retention: timedelta = _setting(
        "How long the ledger remembers a case that is over: 1h to 999d. What still holds a target is never over.",
        texts.length,
        default="90d",
    )
    playbooks: str = _setting("Folder of the playbooks, from the app's own folder on.", default="playbooks")
    cloud: Cloud = _setting(f"Azure cloud: {', '.join(CLOUDS)}.", texts.cloud, default="AzureCloud")
    easy_auth: bool = _setting(
        "Whether App Service authentication is in front of the app and requires sign-in: only then is the caller named "
        "by its header believed.",
        texts.flag,
        default="false",
    )
    operator_role: str = _setting(
        "App role that a signed-in caller must hold to run playbooks.", default="Riposte.Operator"
    )
    approver_role: str = _setting(
        "App role that a signed-in caller must hold to approve or deny what somebody else asked for.",
        default="Riposte.Approver",
    )
    concurrency: int = _setting("How many steps one instance works on at a time.", texts.whole(1, 500), default="32")
    max_targets: int = _setting(
        "How many targets one run of a playbook may have; more are refused.", texts.whole(1, 1000), default="10"
    )
    budgets: Budgets = _setting(
        "How many targets each responder may act on in a time; more are held until somebody approves. `30/1h`: 30 in any "
        "hour; `10%/1h`: ten per cent of what there is, at least one; several with commas. `*` stands for responders that "
        "are not named; `none`: no limit. `*=30/1h,10%/1h; network.isolate_nic=20/1h`.",
        read_budgets,
        default="*=30/1h,10%/1h",
    )
    preview_seconds: int = _setting(
        "How long the look at a target is reused by dry runs, in seconds.", texts.whole(0, 3600), default="60"
    )
    own_resources: frozenset[tuple[str, str]] = frozenset()
    """Type and name of what the app runs on, as the others tell; see `own_resources`."""


def names() -> dict[str, dataclasses.Field[Any]]:
    """Every setting by its name in the environment."""
    given = (f for f in dataclasses.fields(Settings) if f.metadata)
    return {f.metadata["name"] or f"{PREFIX}{f.name.upper()}": f for f in given}


def read(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment.

    Raises:
        Mistakes: What is missing, what cannot be understood, and every `RIPOSTE_` name that does not exist.
    """
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, spec in names().items():
        text = environment.get(name, "").strip() or spec.metadata["default"]
        if text is None:
            mistakes.append(Mistake(name, "", f"is not set. {spec.metadata['doc']}"))
            continue
        try:
            values[spec.name] = spec.metadata["read"](text)
        except ValueError as error:
            mistakes.append(Mistake(name, "", f"{error}; it is {text!r}"))
    mistakes += [Mistake(name, "", text) for name, text in _unknown(environment)]
    if not environment.get(EVENT_HUB) and not environment.get(f"{EVENT_HUB}__fullyQualifiedNamespace"):
        text = f"is not set. Set {EVENT_HUB}__fullyQualifiedNamespace to the event hubs namespace, name.servicebus.windows.net"
        mistakes.append(Mistake(EVENT_HUB, "", text))
    if mistakes:
        raise Mistakes(mistakes)
    return Settings(**values, own_resources=own_resources(environment))


def _unknown(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = names()
    for name in environment:
        if name.startswith(PREFIX) and name not in known and not name.startswith(EVENT_HUB):
            near = difflib.get_close_matches(name, known, 1)
            yield name, f"there is no such setting{f'; did you mean {near[0]}?' if near else ''}"
