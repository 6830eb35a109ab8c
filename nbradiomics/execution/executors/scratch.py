"""The folder for the temporary files of Dask in this process; a killed command leaves it for the next one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from nbradiomics.system.process_table import started, this_machine

_NAME = re.compile(r"nbradiomics-dask-(?P<machine>[0-9a-f]{12})-(?P<process>\d+)-(?P<started>\d+)-\w+")


def scratch_folder() -> str:
    """Make a folder that names its process, and remove those of processes that are no longer there."""
    machine = hashlib.sha256(this_machine().encode()).hexdigest()[:12]
    for path in Path(tempfile.gettempdir()).glob("nbradiomics-dask-*"):
        name = _NAME.fullmatch(path.name)
        if (
            this_machine()
            and name
            and name["machine"] == machine
            and started(int(name["process"])) != name["started"]
        ):
            shutil.rmtree(path, ignore_errors=True)
    me = f"{machine}-{os.getpid()}-{started(os.getpid()) or 0}"
    return tempfile.mkdtemp(prefix=f"nbradiomics-dask-{me}-")
