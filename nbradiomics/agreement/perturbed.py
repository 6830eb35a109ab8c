"""Pairs of a perturbed mask and the original mask of the same reader.

Only variants that change the mask alone are paired. If the image changes too, the grids may differ, and
features would change for two reasons at once. Masks are never resampled for a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbradiomics.agreement.pairs import PERTURBED, Pair
from nbradiomics.cohort import Case
from nbradiomics.messages.wording import counted
from nbradiomics.tables import ORIGINAL

OTHER_IMAGE = "the image differs from the original"
_SHOWN = 3
NO_ORIGINAL = "there is no original mask of the same reader and reading"


@dataclass(frozen=True)
class PerturbedPairs:
    """Perturbed masks and their originals.

    Attributes
    ----------
    pairs
        Pairs of the kind ``perturbed``: the perturbed mask, and the original as the reference.
    left_out
        Names of the variants of masks without a pair, by reason.
    masks
        Number of perturbed masks without a pair.
    """

    pairs: list[Pair]
    left_out: dict[str, list[str]]
    masks: int

    def sentence(self) -> str:
        """Which variants are left out, and why; empty if none is."""
        texts = [f"{reason} ({_listed(names)})" for reason, names in self.left_out.items()]
        if not texts:
            return ""
        amount = counted(self.masks, "perturbed mask is", "perturbed masks are")
        return f"{amount} not compared with an original: {'; '.join(texts)}."


def perturbed_pairs(cases: Sequence[Case], *, reference: str | None = None) -> PerturbedPairs:
    """Pair each perturbed mask with the original mask of the same scan, region, reader and reading.

    Parameters
    ----------
    cases
        Originals and variants, after the rule for lesions.
    reference
        Return only pairs of this reader.

    Returns
    -------
    PerturbedPairs
        In the order of the cases.
    """
    variants: dict[tuple[str, ...], set[str]] = {}
    for case in cases:
        variants.setdefault(case.scan.key[:3], set()).add(case.scan.variant)
    originals = {_place(case): case for case in cases if case.scan.variant == ORIGINAL}
    pairs: list[Pair] = []
    left_out: dict[str, list[str]] = {}
    masks = 0
    for case in cases:
        if case.scan.variant == ORIGINAL or reference not in (None, case.reader):
            continue
        if len(variants[case.scan.key[:3]]) == 1:
            continue  # a prepared image, and no variant of another one
        original = originals.get(_place(case))
        if original is not None and original.scan.image == case.scan.image:
            pairs.append(Pair(case, original, PERTURBED))
            continue
        masks += 1
        names = left_out.setdefault(NO_ORIGINAL if original is None else OTHER_IMAGE, [])
        if case.scan.variant not in names:
            names.append(case.scan.variant)
    return PerturbedPairs(pairs, left_out, masks)


def _place(case: Case) -> tuple[str, ...]:
    return (*case.scan.index().values(), case.roi, case.reader, str(case.reading))


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:_SHOWN], *(["..."] if names[_SHOWN:] else [])])
