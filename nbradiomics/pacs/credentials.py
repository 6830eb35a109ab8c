"""Who the user is to the server: a user and password, or a token, never from the command line."""

from __future__ import annotations

import netrc
import os
import re
from dataclasses import dataclass
from pathlib import Path

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.pacs.server import Server

#: Environment variables.
TOKEN, USER, PASSWORD = "NBRADIOMICS_PACS_TOKEN", "NBRADIOMICS_PACS_USER", "NBRADIOMICS_PACS_PASSWORD"
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class _Bearer(AuthBase):
    """Sends a token with each request."""

    token: str

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def __repr__(self) -> str:
        return "_Bearer(...)"


def credentials_for(server: Server) -> AuthBase | None:
    """Find the credentials for a server; ``None`` if there are none.

    The first of these that is given is used: the server's `auth_file`, the environment variables
    ``NBRADIOMICS_PACS_TOKEN``, or ``NBRADIOMICS_PACS_USER`` and ``NBRADIOMICS_PACS_PASSWORD``, the file that
    ``NETRC`` names, and ``.netrc`` in the user's home folder.

    Raises
    ------
    InputError
        When they are incomplete or contradictory, other users can read the `auth_file`, or they would be sent
        to another machine without encryption.
    """
    found = _from_file(server, server.auth_file) if server.auth_file else _from_environment()
    found = found or (None if server.auth_file else _from_netrc(server))
    if found and not (server.is_encrypted or server.is_local or server.allow_http):
        raise InputError(
            f"{server.url} is not encrypted, and your password or token would be sent to it in plain text.",
            "Use https; or --allow-http if nobody else can read this network.",
        )
    return found


def _basic(user: str, password: str) -> AuthBase:
    return HTTPBasicAuth(user.encode(), password.encode())


def _from_environment() -> AuthBase | None:
    token, user, password = (os.environ.get(name, "") for name in (TOKEN, USER, PASSWORD))
    if token and (user or password):
        raise InputError(f"Both {TOKEN} and {USER} or {PASSWORD} are set.", "Remove one of them.")
    if bool(user) != bool(password):
        raise InputError(f"Only one of {USER} and {PASSWORD} is set.", "Set both, or neither.")
    if token and not _TOKEN.fullmatch(token.strip()):
        raise InputError(f"{TOKEN} contains characters that no token has.", "Set it to the token alone.")
    if token:
        return _Bearer(token.strip())
    return _basic(user, password) if user else None


def _from_netrc(server: Server) -> AuthBase | None:
    """Credentials of the user's own netrc; a file that cannot be read is none, as for other programs."""
    path = Path(os.environ.get("NETRC", "~/.netrc")).expanduser()
    try:
        entry = netrc.netrc(str(path)).authenticators(server.host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
    return _basic(entry[0], entry[2]) if entry and entry[0] and entry[2] else None


def _from_file(server: Server, path: Path) -> AuthBase:
    with open_regular(path) as file:
        if os.name != "nt" and os.fstat(file.fileno()).st_mode & 0o077:
            raise InputError(f"{path} can be read by other users.", f"Run: chmod 600 {path}")
    try:
        entry = netrc.netrc(str(path)).authenticators(server.host)
    except (netrc.NetrcParseError, UnicodeDecodeError):
        entry = None  # the message of the error may quote the password
    if not entry or not entry[0] or not entry[2]:
        raise InputError(
            f"{path} has no user and password for {server.host}.",
            f"Write a line: machine {server.host} login USER password PASSWORD",
        )
    return _basic(entry[0], entry[2])
