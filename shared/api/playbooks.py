"""What there is to run."""

from __future__ import annotations

from shared.api.answer import Answer
from shared.engine.app import App


def playbooks(app: App) -> Answer:
    """Every playbook: its name, mode and steps, and what it acts on."""
    return Answer(
        200,
        {
            "playbooks": [
                {
                    "name": playbook.name,
                    "description": playbook.description,
                    "mode": playbook.mode,
                    "sources": list(playbook.condition.sources),
                    "entities": sorted(playbook.condition.entities),
                    "steps": [
                        {
                            "responder": call.responder,
                            "params": call.params,
                            "expires": call.terms.expires,
                            "evidence": call.terms.evidence,
                            "impact": app.responders[call.responder].facts.impact,
                            "limits": app.responders[call.responder].facts.limits,
                        }
                        for call in playbook.steps
                    ],
                    "version": playbook.version,
                }
                for playbook in app.playbooks.all
            ]
        },
    )
