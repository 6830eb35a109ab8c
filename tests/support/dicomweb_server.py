"""A small DICOMweb server in a thread, which makes faults that a real one makes only sometimes."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydicom.dataset import Dataset

from tests.support.dicom_studies import as_file

_BOUNDARY = "between-parts"


@dataclass
class FakePacs:
    """What the server holds and does.

    Attributes
    ----------
    datasets
        Its instances.
    fault
        Called with each request (the handler) before it is answered; returns whether it has answered.
    limit
        Largest number of answers of a search in sum, over all pages, without saying so; 0 for none.
    ignores_offset
        Whether each page is the first.
    seen
        Paths of the requests with their number.
    headers
        Headers of the requests.
    """

    datasets: list[Dataset]
    fault: Callable[[Any], bool] = lambda _: False
    limit: int = 0
    ignores_offset: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers QIDO-RS and WADO-RS for whole instances."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pacs: FakePacs

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.pacs.seen[parts.path] += 1
        self.pacs.headers.append(dict(self.headers.items()))
        if not self.pacs.fault(self):
            self.answer([part for part in parts.path.split("/") if part][1:], parse_qs(parts.query))

    def do_POST(self) -> None:
        self.pacs.seen[self.path] += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.pacs.fault(self):
            self.reply(200, b"{}", "application/dicom+json")

    def answer(self, path: list[str], query: dict[str, list[str]]) -> None:
        names, uids = path[::2], path[1::2]
        keys = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        found = [
            one for one in self.pacs.datasets
            if all(str(one[key].value) == uid for key, uid in zip(keys, uids, strict=False))
        ]  # fmt: skip
        if names == ["studies", "series", "instances"] and len(uids) == 3:
            self.send_instance(as_file(found[0])) if found else self.reply(404, b"", "text/plain")
            return
        self.search(found, keys[len(names) - 1], query)

    def search(self, found: list[Dataset], key: str, query: dict[str, list[str]]) -> None:
        days = query.get("StudyDate", ["-"])[0].split("-")
        first, last = days[0], days[-1] or "99999999"
        wanted = {name: query[name][0] for name in ("PatientID", "SeriesInstanceUID") if name in query}
        groups: dict[str, list[Dataset]] = {}
        for one in found:
            if first <= str(one.StudyDate) <= last and all(str(one[n].value) == v for n, v in wanted.items()):
                groups.setdefault(str(one[key].value), []).append(one)
        entries = [entry_of(group, key) for group in groups.values()][: self.pacs.limit or None]
        offset = 0 if self.pacs.ignores_offset else int(query.get("offset", ["0"])[0])
        page = entries[offset : offset + int(query.get("limit", ["100"])[0])]
        self.reply(200, json.dumps(page).encode(), "application/dicom+json")

    def send_instance(self, content: bytes, *, most: int | None = None, close: bool = False) -> None:
        """Send an instance; only `most` bytes of the body, without a length, to be cut off unnoticed."""
        head = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        body = head + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
        if most is None and not close:
            self.reply(200, body, kind)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        if close:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:most])
        self.close_connection = True
        if close:
            self.reset()

    def reset(self) -> None:
        """Close the connection as a server does that crashed."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def reply(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def entry_of(group: Sequence[Dataset], key: str) -> dict[str, Any]:
    """Answer of a search for a study, series or instance."""
    one = group[0]
    entry = {
        "0020000D": one.StudyInstanceUID, "0020000E": one.SeriesInstanceUID, "00080018": one.SOPInstanceUID,
        "00100020": one.PatientID, "00080020": one.StudyDate, "00080060": one.Modality,
        "0008103E": one.SeriesDescription, "00201209": len(group),
        "00201206": len({each.SeriesInstanceUID for each in group}),
    }  # fmt: skip
    left_out = {
        "StudyInstanceUID": {"0020000E", "00080018", "00080060", "0008103E", "00201209"},
        "SeriesInstanceUID": {"00080018", "00201206"},
        "SOPInstanceUID": {"00201206", "00201209"},
    }[key]
    return {
        tag: {"vr": "LO", "Value": [value]}
        for tag, value in entry.items()
        if tag not in left_out and value != ""
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of connections that a test broke."""


@contextmanager
def serving(pacs: FakePacs) -> Iterator[FakePacs]:
    """Run the server while the block runs."""
    handler = type("Bound", (Handler,), {"pacs": pacs})
    with _Server(("127.0.0.1", 0), handler) as server:
        pacs.url = f"http://127.0.0.1:{server.server_port}/dicom-web"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield pacs
        finally:
            server.shutdown()
            thread.join()


def asks_for_password(user: str, password: str) -> Callable[[Handler], bool]:
    """A fault of requests without a name and password."""
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def fault(handler: Handler) -> bool:
        if handler.headers.get("Authorization") == expected:
            return False
        handler.reply(401, b"", "text/plain", WWW_Authenticate="Basic realm=x")
        return True

    return fault
