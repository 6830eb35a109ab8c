"""What is shown does no harm: to the terminal, and to the work."""

from __future__ import annotations

import io
import signal
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.cli.console import failure_line, output, show_lines, show_table
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.system import streams
from nbradiomics.system.streams import Shown, end_if_asked, end_when_asked, harmless, has_width

RAW = [*map(chr, [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]), "\u202e", "\u2066", "\u2028"]


@given(st.text() | st.text(st.sampled_from([*RAW, "a", "\n", "\t", "ü", "😀"])))
def test_no_order_to_the_terminal_is_left_and_the_rest_stays(text: str) -> None:
    shown = harmless(text)
    assert not set(shown) & set(RAW)
    assert harmless(shown) == shown
    if not set(text) & set(RAW) and text.isprintable():
        assert shown == text


def test_whatever_is_printed_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a\x1b[2J\x07[bold]b\u202e"
    output.print(text, markup=False)
    show_lines([failure_line(Failure(text, "extract", text, text))])
    show_table(pd.DataFrame({text: [text]}))
    shown = capsys.readouterr().out
    assert not set(shown) & set(RAW)
    assert shown.count(r"a\x1b[2J\x07[bold]b\u202e") == 6


class Broken(io.TextIOWrapper):
    def __init__(self, error: Exception, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "full"), OSError(5, "gone"), ValueError()])
def test_a_stream_that_breaks_ends_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))
    output.print("one")
    output.print("two")


def test_a_stream_that_is_not_there_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    output.print("one")
    assert not Shown("stdout").isatty()
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    output.print("one")
    assert not Shown("stdout").isatty()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_an_encoding_lacks_is_written_as_an_escape(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    output.print("Zoë 😀 \udcff", markup=False)
    stream.flush()
    written = stream.buffer.getvalue()  # type: ignore[attr-defined]
    assert written == "Zoë 😀 \udcff\n".encode(encoding, "backslashreplace")


@pytest.mark.parametrize(
    ("columns", "wide"),
    [("0", False), ("00", False), ("1", False), ("99999999", False), ("80", True), ("", True), ("x", True)],
)
def test_a_width_in_which_nothing_can_be_read_does_not_count(
    columns: str, wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert has_width() == wide


def test_a_request_to_end_stops_with_its_code_and_what_is_ignored_stays_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(streams, "_requests", [])
    end_if_asked()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # processes of tests ignore it
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        end_when_asked()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        with pytest.raises(SystemExit) as stop:
            signal.raise_signal(signal.SIGTERM)
        assert stop.value.code == 143
        signal.raise_signal(signal.SIGTERM)  # the same request
        with pytest.raises(SystemExit):  # something has swallowed it
            Execution().map(len, {"case": ("text",)}, stage="test")
        monkeypatch.setattr(streams, "_ONE_REQUEST", 0.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(SystemExit) as stop:
            end_if_asked()
        assert stop.value.code == 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


DROPPED = """
import os, signal, sys, time
from nbradiomics.system.streams import end_when_asked

class Fleeting:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)

end_when_asked()
fleeting = Fleeting()
del fleeting
print("the work goes on", flush=True)
for _ in range(1000):
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_request_to_end_that_python_drops_is_made_again() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (143, "")
    assert done.stdout.strip() == "the work goes on"
