"""The demo, run as a person runs it."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.lab import ROOT

DEMO = [sys.executable, "-m", "tests.demo"]
ACTS = ["Act 1: day one", "Act 2: the same events", "Act 3: it was a false alarm", "The end"]
STORY = [
    "match     contain_compromised_vm (mode: dry_run), because",
    "dry run   this would be done; nothing is changed",
    "not sent  PUT nic-web-01-backend",
    "match     contain_compromised_vm (mode: act), because",
    "claim     what is to be done is stored before anything is changed",
    "change    network_security_group: nsg-web -> nsg-riposte-quarantine-westeurope",
    "verify    The effective rules deny all inbound and outbound traffic.",
    "step      entra.revoke_user_sessions on user:1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f (adele.vance@contoso.example)",
    "no match  contain_compromised_vm: severity low is not >= high",
    "refused   nic-dc-01 is protected by its tag riposte=protected",
    "dead      not JSON: Input data was truncated (at byte 46)",
    "No record is added: it is the same case, and what it asks for is done.",
    "* interface nic-web-01             nsg-riposte-quarantine-westeurope   (was: nsg-web)",
    "undone    the target is as it was before",
    "change    network_security_group: nsg-riposte-quarantine-westeurope -> none",
    "Every expected effect is in the tenant.",
]


def test_the_demo_tells_the_whole_story_and_answers_the_curl_that_it_prints() -> None:
    with serving() as (demo, told):
        (address,) = re.findall(r"^Listening on (http://127\.0\.0\.1:\d+) until", told, re.MULTILINE)
        run, *looks = re.findall(r"^  curl (.*)$", told.replace("\\\n    ", ""), re.MULTILINE)

        status, begun = curl(run)
        assert (status, begun["mode"], begun["status"]) == (202, "act", f"/api/runs/{begun['run']}")
        answers = [curl(look.replace("RUN", begun["run"])) for look in looks]

        assert [status for status, _ in answers] == [200, 200, 200]
        shown, playbooks, ready = (body for _, body in answers)
        assert shown["state"] == "finished"
        assert [(step["responder"], step["state"]) for step in shown["steps"]] == [
            ("entra.revoke_user_sessions", "done")
        ]
        assert len(playbooks["playbooks"]) == 3
        assert ready["status"] == "ready"
        assert curl(run) == (202, begun)  # the key of the request makes it the same run
        assert address in run
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=30)

    assert (demo.returncode, errors) == (0, "")
    places = [told.index(act) for act in ACTS]
    assert places == sorted(places)
    assert [part for part in STORY if part not in told] == []
    assert "  NO " not in told
    assert max(map(len, told.splitlines())) < 250


def test_an_effect_that_is_missing_is_named_and_fails_the_demo() -> None:
    denied = "Microsoft.Network/networkInterfaces/write"

    done = subprocess.run([*DEMO, "--deny", denied], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)

    assert done.returncode == 1, done.stderr
    missing = re.findall(r"^  NOT AS EXPECTED: (.*)$", done.stdout, re.MULTILINE)
    assert missing == [
        "interface nic-web-01 of vm-web-01 is quarantined",
        "interface nic-web-01-backend of vm-web-01 is quarantined",
        "the undo is answered with 200",
    ]
    assert re.search(rf"^  failed +.*{denied}", done.stdout.replace("\n            ", " "), re.MULTILINE)
    assert "Every expected effect" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_only_a_permission_that_somebody_declares_can_be_denied() -> None:
    done = subprocess.run(
        [*DEMO, "--deny", "Microsoft.Nothing/read"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "Microsoft.Network/networkInterfaces/write" in done.stderr


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo, played and listening at a port that is free; and what it told until then."""
    command = [*DEMO, "--serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            told: list[str] = []
            for line in demo.stdout:
                told.append(line)
                if "/api/health/ready" in line:
                    break
            yield demo, "".join(told)
        finally:
            demo.kill()


def curl(arguments: str) -> tuple[int, Any]:
    """What the printed command does, for those who have no curl: status, and body as JSON."""
    method, headers, data, url = "GET", {}, None, ""
    words = iter(shlex.split(arguments))
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(words).encode()
        elif word != "-s":
            url = word
    assert url.startswith("http://127.0.0.1:")
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - an address of our own
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return answer.status, json.load(answer)
