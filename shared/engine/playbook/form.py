"""What a playbook file may say. The JSON Schema for editors is made from these types."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from shared.model.duration import Duration
from shared.model.step import Mode

NAME = r"^[a-z][a-z0-9_]{2,60}$"
APPROVAL = r"^(required|when .+)$"
SEVERITY = r"^(>=|<=|==)? ?(informational|low|medium|high|critical)$"

Text = Annotated[str, Meta(min_length=1)]
Steps = Annotated[list[dict[str, dict[str, Any] | None]], Meta(min_length=1)]
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


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a playbook may say of a step beside the responder's own parameters."""

    expires: Annotated[
        Duration | Annotated[list[Duration], Meta(min_length=1)] | None,
        Meta(
            description="How long it lasts, such as 4h; then it is undone. Several: the first time on a target, the second "
            "time, and from the last one on."
        ),
    ] = None
    approval: Annotated[
        Annotated[str, Meta(pattern=APPROVAL)] | None,
        Meta(
            description="required; or when impact is high, when severity is high (or above), when targets > 3; or when and a "
            "condition in CEL over `event`, `impact` and `targets`."
        ),
    ] = None
    within: Annotated[
        Duration | None, Meta(description="How long an approval may take; then the step lapses. 4h if not given.")
    ] = None


class First(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence: what is tried before containment, which goes ahead when the time is over."""

    steps: Annotated[Steps, Meta(description="Responders, with parameters.")]
    within: Annotated[
        Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,2}s|[1-3]m)$")],
        Meta(description="How long containment waits for them at the most: 30s, up to 3m."),
    ] = "1m"


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test: a recorded delivery and the responders it must lead to, in order."""

    recording: Annotated[Text, Meta(description="A file in tests/recordings, without its ending.")]
    expect: Annotated[list[Text], Meta(description="Responders that the playbook plans for it; [] for none.")]


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One playbook."""

    name: Annotated[str, Meta(pattern=NAME, description="The name of the file, without its ending.")]
    description: Annotated[Text, Meta(description="What it does and why, for people.")]
    when: When
    then: Annotated[Steps, Meta(description="Responders, in order, with parameters.")]
    first: Annotated[First | None, Meta(description="Evidence to be collected before containment.")] = None
    lapsed: Annotated[
        Steps | None, Meta(description="Responders to run instead of a step that was not approved in time.")
    ] = None
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
