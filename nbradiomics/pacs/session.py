"""HTTP sessions: encryption is verified, and nothing follows a redirect to another machine."""

from __future__ import annotations

import logging
import os
from urllib.parse import urljoin

import requests
from requests.utils import get_environ_proxies

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import is_regular
from nbradiomics.pacs.credentials import credentials_for
from nbradiomics.pacs.server import Server, masked, origin

#: Loggers of libraries whose messages contain URLs with UIDs and patient IDs.
_LOGGERS = ("dicomweb_client", "urllib3")
#: Variables that name certificates, as other programs read them.
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class _Session(requests.Session):
    """A session that stays with one server."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """URL that a response redirects to.

        Raises
        ------
        InputError
            When it is another machine or scheme: URLs contain patient IDs, and requests carry a password.
            Also when a redirect would turn a transfer to the server into a query.
        """
        target: str | None = super().get_redirect_target(resp)
        if target is None:
            return None
        full = urljoin(resp.url, target)
        if origin(full) != origin(resp.url):
            resp.close()
            scheme, host, port = origin(full)
            raise InputError(
                f"The server redirects to {scheme}://{host}:{port}.",
                "Nothing was sent there. If this is your server, give its own address as URL.",
            )
        if resp.request.method != "GET" and resp.status_code not in (307, 308):
            resp.close()
            raise InputError(
                f"The server redirects what is sent to it to {masked(full)}.", "Give that address as URL."
            )
        return target


def _silence() -> None:
    """Switch off the loggers of libraries, also those below them that a program has set up by their names."""
    for known in (*_LOGGERS, *list(logging.root.manager.loggerDict)):
        if known.partition(".")[0] in _LOGGERS:
            logging.getLogger(known).setLevel(logging.CRITICAL + 1)


def make_session(server: Server) -> requests.Session:
    """Make a session with the credentials of the user.

    Settings of the environment are read here, once: `requests` would let a variable replace the certificates
    that were asked for, and look for passwords of other machines.

    Raises
    ------
    InputError
        When the credentials cannot be used, or the file of certificates does not exist.
    """
    _silence()
    session = _Session()
    session.auth = credentials_for(server)
    session.trust_env = False
    session.proxies = get_environ_proxies(server.url)
    if server.ca_file is not None and not is_regular(server.ca_file):
        raise InputError(f"The file of certificates {server.ca_file} does not exist.", "Correct --ca-file.")
    chosen = [str(server.ca_file)] if server.ca_file else [os.environ.get(name) for name in _CERTIFICATES]
    session.verify = next((name for name in chosen if name), True)
    # Otherwise a server answers in XML, or as it likes.
    session.headers["Accept"] = "application/dicom+json"
    return session
