"""Azurite, Microsoft's own emulator of Azure Storage: installed, started, stopped."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

VERSION = "3.35.0"
ACCOUNT = "devstoreaccount1"
FOLDER = Path(__file__).parents[2] / "build" / "azurite"
PATIENCE = 60
"""Seconds until it must answer."""


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


def install(folder: Path = FOLDER) -> Path:
    """Install Azurite unless it is there; returns its program.

    Raises:
        AzuriteError: If there is no Node.js, or npm cannot install it.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise AzuriteError(f"{tool} is not on the PATH: install Node.js 18 or later to test against Azurite")
    description = folder / "node_modules" / "azurite" / "package.json"
    if not description.is_file() or json.loads(description.read_text())["version"] != VERSION:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"azurite@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AzuriteError(f"npm could not install azurite@{VERSION}:\n{done.stdout}{done.stderr}")
    return folder / "node_modules" / ".bin" / "azurite"


@contextmanager
def running(folder: Path) -> Iterator[Azurite]:
    """Start Azurite on free ports with a certificate of its own, wait until it answers, and stop it in the end.

    Args:
        folder: Where its certificates and its log are put.

    Raises:
        AzuriteError: If it cannot be installed or does not start.
    """
    program = install()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    ports = dict(zip(("table", "blob", "queue"), _free_ports(3), strict=True))
    command: list[str | Path] = [
        program,
        "--silent",
        "--inMemoryPersistence",
        "--skipApiVersionCheck",
        "--disableTelemetry",
    ]
    command += ["--oauth", "basic", "--cert", folder / "server.pem", "--key", folder / "server.pem"]
    command += [text for name, port in ports.items() for text in (f"--{name}Port", str(port))]
    log = folder / "azurite.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _wait(process, (ports["table"], ports["blob"]), log)
        tables, blobs = (f"https://127.0.0.1:{ports[name]}/{ACCOUNT}" for name in ("table", "blob"))
        yield Azurite(tables, blobs, folder / "authority.pem")
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait(process: subprocess.Popen[bytes], ports: tuple[int, ...], log: Path) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        if process.poll() is not None:
            raise AzuriteError(f"Azurite ended with {process.returncode}:\n{log.read_text()}")
        if all(_answers(port) for port in ports):
            return
        pause.wait(0.05)
    raise AzuriteError(f"Azurite does not answer within {PATIENCE} s:\n{log.read_text()}")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
