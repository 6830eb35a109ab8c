"""Pseudonyms that two identifiers share: rare, but they would make one of two patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nbradiomics.dicom.ingest.known_names import kernel_name, model_name, site_name, vendor_name
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.records import Header
from nbradiomics.errors import InputError

#: Name in the tables by what is named and how it is made; texts on the list of known names may share one.
_NAMED: Mapping[str, tuple[Callable[[Header], str], Callable[[str, Pseudonyms], str]]] = {
    "patients": (lambda one: one.patient, lambda text, names: names.name("subject", text)),
    "series": (lambda one: one.series, lambda text, names: names.name("series", text)),
    "sites": (lambda one: one.institution, lambda text, names: site_name(text, {}, names)),
    "vendors": (lambda one: one.manufacturer, lambda text, names: vendor_name(text, {}, names)),
    "models": (lambda one: one.model, lambda text, names: model_name(text, {}, names)),
    "kernels": (lambda one: one.kernel, lambda text, names: kernel_name(text, {}, names)),
}
_PREFIXES = ("site-", "vendor-", "model-", "kernel-")


def require_distinct(headers: Iterable[Header], pseudonyms: Pseudonyms) -> None:
    """Raise `InputError` if two identifiers of a folder have the same pseudonym."""
    distinct = set(headers)
    for what, (text_of, name_of) in _NAMED.items():
        texts = sorted({text for header in distinct if (text := text_of(header))})
        names = [name_of(text, pseudonyms) for text in texts]
        made = [name for name in names if what in ("patients", "series") or name.startswith(_PREFIXES)]
        if len(set(made)) < len(made):
            raise InputError(
                f"Two {what} of the folder would have the same pseudonym.",
                "Use another key file, in a new folder: this is a matter of chance.",
            )
