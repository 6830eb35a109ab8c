"""Which files changed since a run read them, by size and date, and by content only where these differ."""

from __future__ import annotations

import stat
from pathlib import Path

from nbradiomics.execution.record import UNREADABLE, InputFile
from nbradiomics.execution.workspace import content_hash
from nbradiomics.messages.wording import counted

#: Largest number of files with another date that are hashed to find out whether their content changed.
_MOST = 200


class Inputs:
    """The input files of a run folder, each looked at once.

    Parameters
    ----------
    root
        The run folder.
    verify
        Hash every file.

    Attributes
    ----------
    changes
        What happened to each changed file that was asked for, by its path.
    """

    def __init__(self, root: Path, *, verify: bool) -> None:
        self.changes: dict[str, str] = {}
        self._root, self._verify = root, verify
        self._known: dict[InputFile, bool] = {}
        self._hashed, self._unknown = 0, 0

    def changed(self, file: InputFile) -> bool:
        """Whether a file is no longer as it was recorded."""
        if file not in self._known:
            what = self._look(file)
            self._known[file] = bool(what)
            if what:
                self.changes[file.path] = what
        return self._known[file]

    def notes(self) -> list[str]:
        """Notes on files whose content was not compared."""
        if not self._unknown:
            return []
        files = counted(self._unknown, "file")
        return [f"{files} with another date and the same size were not compared: --verify compares them."]

    def _look(self, file: InputFile) -> str:
        path = self._root / file.path
        try:
            found = path.stat()
        except OSError as error:
            return "" if file.size < 0 else f"it cannot be found ({error.strerror})"
        if not stat.S_ISREG(found.st_mode):
            return "" if file.size < 0 else "it is no file any more"
        if file.size < 0:
            return "it is there now"
        if found.st_size != file.size:
            return f"its size changed from {file.size:,} to {found.st_size:,} bytes"
        if found.st_mtime_ns == file.mtime_ns and not self._verify:
            return ""
        if not self._verify:
            self._hashed += 1
            if self._hashed > _MOST:
                self._unknown += 1
                return ""
        digest = content_hash(path)
        same = digest.startswith(UNREADABLE) if file.digest == UNREADABLE else digest == file.digest
        return "" if same else "its content changed"
