"""Archives of strangers: what is refused, that nothing is written outside, and that nothing stays behind."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation import archive as module
from nbradiomics.segmentation.archive import extract, open_archive, require_space


def pack(path: Path, *members: str | zipfile.ZipInfo, content: bytes = b"content") -> Path:
    """An archive with these members, whatever their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_args, **_kwargs: None)  # of names that are there twice
        for member in members:
            archive.writestr(member, content)
    return path


def member(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("name")
    info.filename = name  # as it is: the constructor would cut and turn what the system dislikes
    info.external_attr = mode << 16
    return info


def unpack(path: Path, into: Path, *, max_bytes: int = 10**6) -> list[str]:
    """Take out everything, as far as it is let."""
    into.mkdir(exist_ok=True)
    with open_archive(path) as (archive, members):
        extract(archive, members, into, max_bytes=max_bytes)
    return sorted(found.relative_to(into).as_posix() for found in into.rglob("*") if found.is_file())


def everything(folder: Path) -> set[str]:
    return {found.relative_to(folder).as_posix() for found in folder.rglob("*")}


def test_an_honest_archive_is_taken_out(tmp_path):
    path = pack(tmp_path / "a.zip", "model/", "model/plans.json", "model/fold_0/checkpoint_final.pth", "b")
    assert unpack(path, tmp_path / "out") == ["b", "model/fold_0/checkpoint_final.pth", "model/plans.json"]
    assert (tmp_path / "out" / "b").read_bytes() == b"content"


def test_only_what_is_wanted_is_taken_out(tmp_path):
    path, into = pack(tmp_path / "a.zip", "model/plans.json", "model/other"), tmp_path / "out"
    into.mkdir()
    with open_archive(path) as (archive, members):
        wanted = {PurePosixPath("plans.json"): members[PurePosixPath("model/plans.json")]}
        extract(archive, wanted, into)
    assert everything(into) == {"plans.json"}


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../outside",
        "model/../../outside",
        "model/..",
        "C:/outside",
        "c:outside",
        "model/file:stream",
        "..\\outside",
        "model\\plans.json",
        "model/a\nb",
        "model/\x1b[2J",
        "model/plans.json\x00.txt",
        "",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    (tmp_path / "work").mkdir()
    path = pack(tmp_path / "a.zip", "good", member(name))
    before = everything(tmp_path)
    with pytest.raises(ModelError, match="not a safe file name"):
        unpack(path, tmp_path / "work" / "out")
    assert everything(tmp_path) == before | {"work/out"}


@pytest.mark.parametrize(
    "mode",
    [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR],
)
def test_links_and_special_files_are_refused(tmp_path, mode):
    path = pack(tmp_path / "a.zip", member("model/plans.json", mode))
    with pytest.raises(ModelError, match=r"'model/plans\.json' is a link or another special file"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    "names",
    [
        ("model/plans.json", "model/PLANS.json"),
        ("model/plans.json", "Model/dataset.json"),
        ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("plans.json", "plans.json."),
        ("plans.json", "plans.json/inside"),
    ],
)
def test_names_that_would_be_one_file_are_refused(tmp_path, names):
    path = pack(tmp_path / "a.zip", *names)
    with pytest.raises(ModelError, match="would be the same file on some file systems"):
        unpack(path, tmp_path / "out")


def test_the_same_name_twice_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", "a/b", "./a//b")
    with pytest.raises(ModelError, match="contains 'a/b' twice"):
        unpack(path, tmp_path / "out")


def test_encrypted_members_are_refused(tmp_path):
    path = pack(tmp_path / "a.zip", "plans.json")
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is encrypted"):
        unpack(path, tmp_path / "out")


def test_other_ways_of_compression_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("plans.json", b"content")
    with pytest.raises(ModelError, match="compressed by method 14"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_too_many_members_are_refused(tmp_path):
    path = pack(tmp_path / "a.zip", *(str(number) for number in range(10_001)), content=b"")
    with pytest.raises(ModelError, match="10,001 members; at most 10,000"):
        unpack(path, tmp_path / "out")


def test_what_unpacks_to_more_than_the_limit_is_refused_before_a_byte_is_written(tmp_path):
    path = pack(tmp_path / "a.zip", "a", "b", content=bytes(600_000))
    assert path.stat().st_size < 5_000
    assert unpack(path, tmp_path / "enough", max_bytes=1_200_000) == ["a", "b"]
    with pytest.raises(ModelError, match=r"more than 0\.00111759 GiB.*--max-gb"):
        unpack(path, tmp_path / "out", max_bytes=1_199_999)
    assert everything(tmp_path / "out") == set()


def test_an_archive_that_announces_less_than_comes_out_is_refused(tmp_path):
    """The list at its end says 10 bytes; 600,000 lie in the member."""
    path = pack(tmp_path / "a.zip", "a", content=bytes(600_000))
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02") + 24
    assert struct.unpack("<I", content[place : place + 4]) == (600_000,)
    content[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    with pytest.raises(ModelError, match="member 'a' is damaged"):
        unpack(path, tmp_path / "out", max_bytes=1_000)
    assert sum(file.stat().st_size for file in (tmp_path / "out").iterdir()) <= 10


def test_bytes_are_counted_as_they_come_whatever_was_announced(tmp_path, monkeypatch):
    """A reader that would not stop at the announced size must not fill the disk."""
    path = pack(tmp_path / "a.zip", "a")
    monkeypatch.setattr(module, "_chunks", lambda *_: iter([bytes(400)] * 100))
    with pytest.raises(ModelError, match="contains a model of more than"):
        unpack(path, tmp_path / "out", max_bytes=1_000)
    assert (tmp_path / "out" / "a").stat().st_size <= 1_000


def test_the_disk_must_have_room(tmp_path):
    require_space(tmp_path, 1)
    with pytest.raises(InputError, match=r"GiB are needed and .* GiB are free"):
        require_space(tmp_path, 2**60)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ModelError, match=r"a\.zip cannot be read as a zip archive"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


@given(data=st.data())
def test_a_damaged_archive_is_refused_or_gives_only_what_was_packed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = pack(folder / "a.zip", "model/", "model/plans.json", "model/dataset.json", content=b"ab" * 500)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = unpack(path, folder / "out")
    except InputError:
        found = []
    assert everything(folder) <= {"a.zip", "out"} | {f"out/{name}" for name in everything(folder / "out")}
    assert all((folder / "out" / name).read_bytes() == b"ab" * 500 for name in found)
