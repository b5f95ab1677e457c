"""Azurite, Microsoft's own emulator of Azure Storage: installed, started, stopped."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

VERSION = "3.35.0"
ACCOUNT = "devstoreaccount1"
FOLDER = Path(__file__).parents[2] / "build" / "azurite"
PATIENCE = 60
"""Seconds until it must listen."""

_LISTENS = re.compile(r"^Azurite (\w+) service is successfully listening at (https://\S+)", re.MULTILINE)


class AzuriteError(Exception):
    """It cannot be installed or does not start."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite.

    Args:
        tables: Its table endpoint.
        blobs: Its blob endpoint.
        authority: File of the certificate that its own is signed with.
    """

    tables: str
    blobs: str
    authority: Path


def install(folder: Path = FOLDER, say: Callable[[str], object] = print) -> Path:
    """Install Azurite unless it is there; returns its program.

    Args:
        folder: Where to.
        say: Tells how far it is.

    Raises:
        AzuriteError: If there is no Node.js, or npm cannot install it.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise AzuriteError(f"{tool} is not on the PATH: install Node.js 18 or later to test against Azurite")
    program, complete = folder / "node_modules" / ".bin" / "azurite", folder / "complete"
    if complete.is_file() and complete.read_text() == VERSION:
        return program
    say(f"azurite {VERSION} from npm into {folder}: half a minute or two")
    complete.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
    command += ["--loglevel=http", f"azurite@{VERSION}"]
    trusted = ssl.get_default_verify_paths().cafile  # npm knows its own authorities, not those the machine was given
    environment = {**({"NODE_EXTRA_CA_CERTS": trusted} if trusted else {}), **os.environ}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None
    output: list[str] = []
    with process:
        for line in process.stdout:
            output.append(line)
            if len(output) % 100 == 0:
                say(f"      {len(output)} answers of the registry")
    if process.returncode:
        raise AzuriteError(f"npm could not install azurite@{VERSION}:\n{''.join(output[-30:])}")
    complete.write_text(VERSION)
    return program


@contextmanager
def running(folder: Path) -> Iterator[Azurite]:
    """Start Azurite on free ports with a certificate of its own, wait until it listens, and stop it in the end.

    Args:
        folder: Where its certificates and its log are put.

    Raises:
        AzuriteError: If it cannot be installed or does not start.
    """
    program = install()
    authority, certificate, log = (folder / name for name in ("authority.pem", "server.pem", "azurite.log"))
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(authority))
    trusted.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    command = [str(program), "--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--oauth", "basic", "--cert", str(certificate), "--key", str(certificate)]
    for service in ("table", "blob", "queue"):  # port 0 is a free one; a slow test must not find its connection closed
        command += [f"--{service}Port", "0", f"--{service}KeepAliveTimeout", "600"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        places = _places(process, log)
        yield Azurite(f"{places['Table']}/{ACCOUNT}", f"{places['Blob']}/{ACCOUNT}", authority)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _places(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """Where each service listens, as soon as all do."""
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        if process.poll() is not None:
            raise AzuriteError(f"Azurite ended with {process.returncode}:\n{log.read_text()}")
        places = dict(_LISTENS.findall(log.read_text()))
        if len(places) == 3:
            return places
        pause.wait(0.05)
    raise AzuriteError(f"Azurite does not listen within {PATIENCE} s:\n{log.read_text()}")


if __name__ == "__main__":
    try:
        install()
    except AzuriteError as error:
        sys.exit(str(error))
