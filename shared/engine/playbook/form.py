"""What a playbook file may say. The JSON Schema for editors is made from these types."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from shared.model.step import Mode

NAME = r"^[a-z][a-z0-9_]{2,60}$"
SEVERITY = r"^(>=|<=|==)? ?(informational|low|medium|high|critical)$"

Text = Annotated[str, Meta(min_length=1)]
Texts = Text | Annotated[list[Text], Meta(min_length=1)]


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the playbook runs: every condition given must hold; of several values one is enough."""

    source: Annotated[Texts, Meta(description="Sources, by the name of their file in shared/sources.")]
    entity: Annotated[
        Texts,
        Meta(
            description="Kinds of entity the steps act on. An event without any does not match; others are left alone."
        ),
    ]
    severity: Annotated[
        Annotated[str, Meta(pattern=SEVERITY)] | None,
        Meta(description='A severity, or a bound such as ">= high".'),
    ] = None
    product: Annotated[
        Texts | None,
        Meta(description="Products by their current names, an incident's alerts' included; * stands for anything."),
    ] = None
    kind: Annotated[
        Texts | None,
        Meta(description="Rules or types that fired, such as VM_LoginBruteForceSuccess; * stands for anything."),
    ] = None
    status: Annotated[
        Texts | None,
        Meta(
            description="The provider's status. If not given, what is over or in order (closed, resolved, ...) does not match."
        ),
    ] = None
    tactic: Annotated[Texts | None, Meta(description="MITRE ATT&CK tactics, such as CredentialAccess.")] = None
    technique: Annotated[
        Texts | None, Meta(description="MITRE ATT&CK techniques; T1078 covers its sub-techniques.")
    ] = None
    subscription: Annotated[Texts | None, Meta(description="Subscription ids.")] = None
    where: Annotated[
        Text | None,
        Meta(
            description="A condition in CEL over `event` (the fields of a normalised event) and `raw` (the body), for what "
            "the fields above do not reach."
        ),
    ] = None


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test: a recorded delivery and the responders it must lead to, in order."""

    recording: Annotated[Text, Meta(description="A file in tests/recordings, without its ending.")]
    expect: Annotated[list[Text], Meta(description="Responders that the playbook plans for it; [] for none.")]


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One playbook."""

    name: Annotated[str, Meta(pattern=NAME, description="The name of the file, without its ending.")]
    description: Annotated[Text, Meta(description="What it does and why, for people.")]
    when: When
    then: Annotated[
        list[dict[str, dict[str, Any] | None]], Meta(min_length=1, description="Responders, in order, with parameters.")
    ]
    tests: Annotated[list[Trial], Meta(min_length=1, description="Run by `make test`.")]
    mode: Annotated[
        Mode,
        Meta(description="dry_run: say what would be done. act: do it."),
    ] = "dry_run"


def many(texts: str | list[str] | None) -> tuple[str, ...]:
    """One text or several, as several."""
    if texts is None:
        return ()
    return (texts,) if isinstance(texts, str) else tuple(texts)
