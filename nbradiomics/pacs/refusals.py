"""Errors of a server and of the network in words, without the identifiers that their URLs contain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from requests import exceptions

from nbradiomics.errors import InputError
from nbradiomics.pacs.server import Server

#: Responses of a server that may answer when asked again.
PASSING = {408, 429, 502, 503, 504}
_ROOT = "The root of DICOMweb often ends in /dicom-web, /dicomweb or /rs: ask who runs the server."
_REMOVED = "If other requests succeed, the object was removed from the server."
_AGAIN = "Run the command again: it continues."


class PassingError(InputError):
    """The server did not answer this time; the same request may succeed later.

    Attributes
    ----------
    wait
        Seconds that the server asks to wait; ``None`` if it says nothing.
    """

    wait: float | None = None


class CutOffError(PassingError):
    """The server sent only a part of a file."""


class UnreachableError(PassingError):
    """There is no connection to the server."""


class DeniedError(InputError):
    """The server does not accept the user's name, password or token."""


@contextmanager
def explained(server: Server) -> Iterator[None]:
    """Turn the exceptions of a request into errors of nbradiomics.

    Raises
    ------
    DeniedError
        When the server refuses the credentials.
    PassingError
        When the same request may succeed later.
    InputError
        When the server answers something else than was expected.
    """
    try:
        yield
    except requests.HTTPError as error:
        raise status_error(server, error.response) from None
    except exceptions.JSONDecodeError:
        raise not_dicomweb(server) from None
    except exceptions.SSLError:
        raise InputError(
            f"The encryption of {server.url} could not be verified: its certificate is not trusted, or is of "
            "another machine.",
            "Give the certificates of your hospital by --ca-file FILE.pem, and check the URL.",
        ) from None
    except exceptions.ProxyError:
        raise UnreachableError(
            f"The proxy for {server.host} does not answer.",
            "Check the variables HTTPS_PROXY and NO_PROXY.",
        ) from None
    except exceptions.ConnectTimeout:
        raise UnreachableError(f"{server.url} does not answer.", _unreachable(server)) from None
    except exceptions.ConnectionError as error:
        raise _lost(server, error) from None
    except (exceptions.Timeout, exceptions.ChunkedEncodingError, exceptions.ContentDecodingError):
        raise PassingError(f"The connection to {server.host} was lost.", _AGAIN) from None
    except exceptions.RequestException as error:
        raise InputError(f"The request failed ({type(error).__name__}).", _unreachable(server)) from None


def _lost(server: Server, error: exceptions.ConnectionError) -> PassingError:
    """Tell a machine that cannot be reached from a connection that was lost."""
    if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
        return UnreachableError(f"{server.url} cannot be reached.", _unreachable(server))
    plain = "" if server.is_encrypted else " If it stays, the server may expect https: check the URL."
    return PassingError(f"The connection to {server.host} was lost.", f"{_AGAIN}{plain}")


def _unreachable(server: Server) -> str:
    return f"Check the address, the network (VPN), and that the server runs on {server.place}."


def status_error(server: Server, response: requests.Response | None) -> InputError:
    """Error for a response that is not a success."""
    status = 0 if response is None else response.status_code
    if status == 401:
        return DeniedError(
            f"{server.url} does not accept your name and password, or your token (401).",
            "Set NBRADIOMICS_PACS_USER and NBRADIOMICS_PACS_PASSWORD, or NBRADIOMICS_PACS_TOKEN; or use "
            "--auth-file FILE.",
        )
    if status == 403:
        return InputError(
            f"{server.url} does not allow you to do this (403).", "Ask who runs the server for the right."
        )
    if status == 404:
        return InputError(f"{server.url} does not have what was asked for (404).", f"{_ROOT} {_REMOVED}")
    if status in PASSING:
        error = PassingError(f"{server.url} is busy, or not ready ({status}).", _AGAIN)
        wait = "" if response is None else response.headers.get("Retry-After", "")
        error.wait = float(wait) if wait.isdecimal() else None
        return error
    return InputError(f"{server.url} answered with the HTTP status {status}.", f"Check the URL. {_ROOT}")


def not_dicomweb(server: Server) -> InputError:
    """Error for an answer that is not of a DICOMweb server, such as a page for people."""
    return InputError(
        f"{server.url} is not the root of a DICOMweb service: it did not answer in JSON.", _ROOT
    )
