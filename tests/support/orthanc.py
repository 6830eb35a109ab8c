"""A real PACS for the tests: Orthanc with its DICOMweb plugin, on a free port of the loopback interface.

Debian: ``apt-get install orthanc orthanc-dicomweb``. The service that these packages start is not used.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from pydicom.dataset import Dataset

USER, PASSWORD = "researcher", "not-a-secret"
_PROGRAMS = ("Orthanc", "/usr/sbin/Orthanc")
_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
#: Seconds until it must answer.
_PATIENCE = 60.0


def program_or_skip() -> str:
    """Path of Orthanc; without it the test is skipped, or fails if NBRADIOMICS_SERVICES is ``required``."""
    found = next((path for path in map(shutil.which, _PROGRAMS) if path), None)
    if found and _PLUGIN.is_file():
        return found
    reason = "Orthanc with DICOMweb is not installed (Debian: orthanc, orthanc-dicomweb)"
    if os.environ.get("NBRADIOMICS_SERVICES") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Orthanc:
    """A server that keeps its objects in a folder while it is stopped and started again."""

    program: str
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Root of DICOMweb."""
        return f"{self.root}/dicom-web"

    def start(self) -> None:
        """Start, and wait until it answers; it ends with the thread that calls this."""
        for name in ("db", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        configuration = {
            "StorageDirectory": str(self.folder / "db"),
            "IndexDirectory": str(self.folder / "db"),
            "TemporaryDirectory": str(self.folder / "tmp"),
            "HttpPort": self.port,
            "DicomServerEnabled": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [str(_PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            **self.options,
        }
        file = self.folder / "orthanc.json"
        file.write_text(json.dumps(configuration))
        # It ends with this thread and process, however they end.
        tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with open(self.folder / "orthanc.log", "ab") as log:
            self.process = subprocess.Popen([*tied, self.program, str(file)], stdout=log, stderr=log)
        self._wait(self.process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with suppress(requests.RequestException), self.session() as session:  # not there, or slow
                if session.get(f"{self.root}/system", timeout=5).ok:
                    return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        pytest.fail(f"Orthanc did not start: {(self.folder / 'orthanc.log').read_text()[-2000:]}")

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env, session.auth = False, (USER, PASSWORD)
        return session

    def upload(self, datasets: Iterable[Dataset]) -> None:
        """Add instances, past DICOMweb."""
        with self.session() as session:
            for dataset in datasets:
                content = BytesIO()
                dataset.save_as(content, enforce_file_format=True)
                session.post(f"{self.root}/instances", data=content.getvalue(), timeout=60).raise_for_status()

    def number_of_instances(self) -> int:
        with self.session() as session:
            return int(session.get(f"{self.root}/statistics", timeout=60).json()["CountInstances"])

    def kill(self) -> None:
        """End at once, in the middle of its transfers."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running_orthanc(folder: Path, **options: Any) -> Iterator[Orthanc]:
    """Start Orthanc in a folder, and end it afterwards.

    Parameters
    ----------
    folder
        For its database.
    **options
        Settings of its configuration file.
    """
    server = Orthanc(program_or_skip(), folder, options)
    server.start()
    try:
        yield server
    finally:
        server.kill()
