"""Write and read ``evidence.json``: the facts of a folder of results with the files that prove them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from nbradiomics.errors import InputError
from nbradiomics.evidence.collect.cohort import cohort_facts
from nbradiomics.evidence.collect.features import feature_facts
from nbradiomics.evidence.collect.outcome import outcome_facts
from nbradiomics.evidence.collect.readers import reader_facts
from nbradiomics.evidence.collect.run import run_facts
from nbradiomics.evidence.facts import FORMAT, Evidence, Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.files.checked_json import in_short, read_checked, write_checked

#: Name of the file in a folder of results.
EVIDENCE = "evidence.json"


def make_evidence(root: Path, files: Collection[str], computed: Iterable[Fact] = ()) -> Evidence:
    """Collect the facts of a folder of results.

    Parameters
    ----------
    root
        The folder.
    files
        Paths of its result files, with ``/``.
    computed
        Facts that no file of the folder has, such as the comparison with the IBSI.
    """
    folder = ResultFolder.of(root, files)
    facts = [
        *run_facts(folder),
        *feature_facts(folder),
        *computed,
        *cohort_facts(folder),
        *reader_facts(folder),
        *outcome_facts(folder),
    ]
    return Evidence(nbradiomics=version("nbradiomics"), facts=tuple(facts))


def write_evidence(root: Path, files: Collection[str], computed: Iterable[Fact] = ()) -> Path:
    """Write the facts of a folder of results, as `make_evidence` collects them, with a checksum."""
    path = root / EVIDENCE
    write_checked(make_evidence(root, files, computed).model_dump(mode="json"), path)
    return path


def read_evidence(path: str | Path) -> Evidence:
    """Read the facts of a run.

    Parameters
    ----------
    path
        ``evidence.json``, or the folder that contains it.

    Raises
    ------
    InputError
        When there is no such file, or it is not what was written.

    Examples
    --------
    >>> read_evidence("results").fact("seed").value["seed"]
    0
    """
    path = Path(path)
    file = path / EVIDENCE if path.is_dir() else path
    remedy = "Give the folder that `nbradiomics run` wrote, or its evidence.json as it was written."
    try:
        content = read_checked(file)
        if isinstance(content.get("format"), int) and content["format"] > FORMAT:
            raise InputError(
                f"{file} has the format {content['format']}, which nbradiomics {content.get('nbradiomics')} "
                f"wrote; nbradiomics {version('nbradiomics')} reads the format {FORMAT}.",
                "Update nbradiomics.",
            )
        return Evidence.model_validate(content)
    except FileNotFoundError as error:
        raise InputError(f"{file} does not exist.", remedy) from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.", remedy) from error
    except (ValidationError, ValueError) as error:
        raise InputError(f"{file} is not the evidence of a run: {in_short(error)}.", remedy) from error
