"""The address of a DICOMweb server, and how it is reached."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nbradiomics.errors import InputError

_EXAMPLE = "Give the root of its DICOMweb service, such as https://pacs.example.org/dicom-web."


@dataclass(frozen=True)
class Server:
    """A DICOMweb server, and how it is reached.

    Attributes
    ----------
    url
        Root of its DICOMweb service, without user and password: ``https://pacs.example.org/dicom-web``.
    auth_file
        File with user and password in netrc format; ``None`` uses the environment, or the user's netrc.
    ca_file
        Certificates (PEM) that are trusted instead of those of the system.
    allow_http
        Whether user and password may be sent without encryption to another machine.

    Raises
    ------
    InputError
        When the URL is not the root of a web service, or contains a user or a password.
    """

    url: str
    auth_file: Path | None = None
    ca_file: Path | None = None
    allow_http: bool = False

    def __post_init__(self) -> None:
        _require_plain(self.url)
        object.__setattr__(self, "url", self.url.rstrip("/"))

    @property
    def host(self) -> str:
        """Name or address of the machine, without port."""
        return urlsplit(self.url).hostname or ""

    @property
    def place(self) -> str:
        """Name and port of the machine, as in the header ``Host``."""
        return urlsplit(self.url).netloc

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.lower().startswith("https:")

    @property
    def is_local(self) -> bool:
        """Whether the server is this machine, reached without a network."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _require_plain(url: str) -> None:
    """Raise `InputError` for a URL that cannot be the root of a DICOMweb service."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is not a number
    except ValueError:
        raise InputError("The URL of the server cannot be read.", _EXAMPLE) from None
    if "@" in parts.netloc:
        raise InputError(
            f"The URL {masked(url)} contains a user or a password.",
            "Remove them from the URL, and give them in environment variables or in a file (--auth-file): a "
            "command line can be read by other users.",
        )
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise InputError(f"{masked(url)} is not a URL of a web service.", _EXAMPLE)
    if parts.query or parts.fragment:
        raise InputError(f"The URL {masked(url)} does not end with a path.", _EXAMPLE)


def masked(url: str) -> str:
    """Return a URL for messages: without user, password and query."""
    parts = urlsplit(url)
    machine = parts.netloc.rpartition("@")[2]
    shown = f"***@{machine}" if "@" in parts.netloc else machine
    return (
        f"{parts.scheme}://{shown}{parts.path}" if parts.netloc else url.partition("?")[0].rpartition("@")[2]
    )


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, machine and port of a URL: what must not change in a redirect."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(scheme)
