"""What a playbook file may say. The JSON Schema for editors is made from these types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from shared.model.duration import Duration
from shared.model.quiet_hours import Then
from shared.model.step import Mode

NAME = r"^[a-z][a-z0-9_]{2,60}$"
APPROVAL = r"^(required|when .+)$"
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
SEVERITY = r"^(>=|<=|==)? ?(informational|low|medium|high|critical)$"

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
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


class Quiet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Quiet hours: when the playbook does not act by itself."""

    from_: Annotated[
        Annotated[str, Meta(pattern=TIME)], Meta(description='When they begin, by the wall clock: "22:00".')
    ] = field(name="from")
    to: Annotated[
        Annotated[str, Meta(pattern=TIME)],
        Meta(description='When they end: "06:00"; on the next day if that is earlier than they begin.'),
    ]
    zone: Annotated[Text, Meta(description="Time zone by its IANA name, such as Europe/Berlin.")]
    days: Annotated[
        Annotated[list[Day], Meta(min_length=1)] | None,
        Meta(description="The days on which they begin; every day if not given."),
    ] = None
    then: Annotated[
        Then,
        Meta(
            description="What becomes of a step meanwhile. hold: somebody must approve it. wait: it is done when they are "
            "over. refuse: it is not done."
        ),
    ] = "hold"


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
    quiet_hours: Annotated[Quiet | None, Meta(description="When it does not act by itself. Undo and expiry go on.")] = (
        None
    )
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
