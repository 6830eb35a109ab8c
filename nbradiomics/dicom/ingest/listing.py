"""A list of the series of a folder for the user's terminal: it shows free text, and is never written."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.ingest.known_names import kernel_name, model_name, site_name
from nbradiomics.dicom.masks.listed import listed_object
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.grid import plane_of
from nbradiomics.dicom.series.plans import Plan, plans_of
from nbradiomics.dicom.series.reading import MASKS
from nbradiomics.dicom.series.records import Instance, by_series
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.execution.execution import Execution


def list_series(folder: Path, pseudonyms: Pseudonyms, execution: Execution) -> list[str]:
    """List the volumes of a folder with their descriptions, which may contain names of persons.

    Returns
    -------
    list of str
        A line for each subject, followed by lines for its volumes, to write rules by; then a line for each
        file that could not be read, relative to the folder, with the reason.
    """
    tree = read_tree(folder, skip=None, execution=execution, digests=False)
    by_subject: dict[str, list[str]] = {}
    for members in by_series(tree.instances).values():
        subject = pseudonyms.name("subject", members[0].header.patient)
        lines = by_subject.setdefault(subject, [])
        if members[0].header.modality in MASKS:
            lines += [line for one in members for line in _masks(one, pseudonyms)]
        else:
            lines += [_line(plan, pseudonyms) for plan in plans_of(members, lambda _one, _other: True)]
    listed = [line for subject in sorted(by_subject) for line in (f"subject {subject}", *by_subject[subject])]
    return listed + [f"{_relative(Path(path), folder)}: {reason}" for path, reason in tree.problems]


def _relative(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _masks(one: Instance, pseudonyms: Pseudonyms) -> list[str]:
    """A segmentation or structure set, and a line for each of its regions."""
    name = f"  {pseudonyms.name('series', one.header.series)}  {one.header.modality}"
    drawn = ", ".join(pseudonyms.name("series", uid) for uid in one.refers)
    try:
        with discreet():
            texts, *regions = listed_object(Path(one.path), pseudonyms)
    except Exception as error:  # a damaged file raises errors of every kind
        return [f"{name}  [it cannot be read ({type(error).__name__})]"]
    on = f"drawn on {drawn}" if drawn else "names no series"
    return [f"{name}  {on}  {texts}".rstrip(), *(f"    {region}" for region in regions)]


def _line(plan: Plan, pseudonyms: Pseudonyms) -> str:
    """One volume: what a rule can ask for, and the free texts in quotes."""
    header, acquired = plan.header, plan.acquired
    orientation = plan.sources[0].frame.place.orientation
    burned = any(one.instance.header.burned for one in plan.sources)
    problem = plan.aside or (plan.problem[0] if plan.problem else "texts in the pixels" if burned else "")
    part = f" {plan.part}/{plan.parts}" if plan.parts > 1 else ""
    plane = plane_of(orientation) if orientation is not None and any(orientation) else ""
    numbers = [
        f"{name} {value:g}"
        for name, value in (
            ("TR", acquired.tr),
            ("TE", acquired.te),
            ("TI", acquired.ti),
            ("b", acquired.b_value),
        )
        if value is not None
    ]
    names = [
        _with_text("site", site_name(header.institution, {}, pseudonyms), header.institution),
        _with_text("model", model_name(header.model, {}, pseudonyms), header.model),
        _with_text("kernel", kernel_name(header.kernel, {}, pseudonyms), header.kernel),
    ]
    parts = [
        f"{pseudonyms.name('series', header.series)}{part}",
        f"{header.modality} {plane}".strip(),
        f"{len(plan.sources)} slices",
        *numbers,
        "\\".join(acquired.image_type),
        f"description {header.description!r}" if header.description else "",
        f"protocol {header.protocol!r}" if header.protocol else "",
        "contrast" if header.contrast else "",
        *names,
        f"[{problem}]" if problem else "",
    ]
    return "  " + "  ".join(filter(None, parts))


def _with_text(kind: str, name: str, text: str) -> str:
    """Name in the tables and, if it is another, the text of the header."""
    return "" if not text else f"{kind} {name}" if name == text else f"{kind} {name} = {text!r}"
