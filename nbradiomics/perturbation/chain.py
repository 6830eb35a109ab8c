"""Chains of perturbations: the variants that a name such as `RTVC`, or a YAML file, stands for."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Annotated

from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import require_regular
from nbradiomics.files.yaml_reader import read_yaml
from nbradiomics.messages.wording import quoted
from nbradiomics.perturbation.seeds import generator
from nbradiomics.perturbation.variant import Variant
from nbradiomics.settings import Settings

#: Letters of a chain, in the order in which the perturbations are done.
LETTERS = {
    "N": "noise",
    "R": "rotation",
    "T": "translation",
    "V": "growth and shrinkage (volume)",
    "C": "random contour",
    "S": "simulated reader",
}
#: Number of draws of a chain that only has random perturbations.
DRAWS = 30
#: Largest number of variants of a chain.
MOST_VARIANTS = 1000
_ENDINGS = (".yaml", ".yml")

Angle = Annotated[float, Field(ge=-180, le=180)]
Share = Annotated[float, Field(gt=-1, le=10)]
Count = Annotated[int, Field(ge=0, le=MOST_VARIANTS)]
Shift = tuple[float, float, float]

#: Letters of the random perturbations, and their fields of a variant.
_DRAWN = {"N": "noise", "C": "contour", "S": "reader"}


class Chain(Settings):
    """Values of each perturbation; the variants are all combinations of them."""

    noise: Count = Field(default=0, description="Number of draws of noise; 0: no noise.")
    rotation: tuple[Angle, ...] = Field(
        default=(0.0,), min_length=1, description="List of rotations within the slices, in degrees: [-5, 5]."
    )
    translation: tuple[Shift, ...] = Field(
        default=((0.0, 0.0, 0.0),),
        min_length=1,
        description="List of shifts along x, y and z, in voxels: [[0.25, 0.25, 0], [0.5, 0.5, 0]].",
    )
    volume: tuple[Share, ...] = Field(
        default=(0.0,),
        min_length=1,
        description="List of shares by which the mask grows, or shrinks if negative: [-0.1, 0.1].",
    )
    contour: Count = Field(default=0, description="Number of random contours; 0: none.")
    readers: Count = Field(default=0, description="Number of simulated readers; 0: none.")
    maximum: Annotated[int, Field(ge=1, le=MOST_VARIANTS)] | None = Field(
        default=None, description="Largest number of variants; of more, this number is drawn."
    )

    def variants(self, seed: int = 0) -> list[Variant]:
        """All combinations except the one that changes nothing, or those drawn by a seed if too many.

        Raises
        ------
        InputError
            When there is no combination, or more than `MOST_VARIANTS` without `maximum`.
        """
        total = len(self.rotation) * len(self.translation) * len(self.volume)
        total *= max(self.noise, 1) * max(self.contour, 1) * max(self.readers, 1)
        if total > _MOST_COMBINATIONS or (self.maximum is None and total > MOST_VARIANTS):
            raise InputError(
                f"the chain has {total:,} variants; at most {MOST_VARIANTS:,} were expected.",
                "Give fewer values, or `maximum`, the number of variants to draw.",
            )
        made = list(dict.fromkeys(variant for variant in self._combinations() if variant != Variant()))
        if not made:
            raise InputError(
                "the chain changes nothing.", "Give a value other than 0 for at least one perturbation."
            )
        _require_single_names(made)
        if self.maximum is None or len(made) <= self.maximum:
            return made
        chosen = generator(seed, "chain").choice(len(made), self.maximum, replace=False)
        return [made[place] for place in sorted(chosen)]

    def _combinations(self) -> list[Variant]:
        draws = [range(1, count + 1) if count else (0,) for count in (self.noise, self.contour, self.readers)]
        noises, contours, readers = draws
        return [
            Variant(
                noise=noise, rotation=angle, translation=shift, volume=share, contour=contour, reader=reader
            )
            for noise, angle, shift, share, contour, reader in product(
                noises, self.rotation, self.translation, self.volume, contours, readers
            )
        ]


#: Largest number of combinations from which `maximum` are drawn.
_MOST_COMBINATIONS = 100_000


def read_chain(chain: str | Path, seed: int = 0) -> list[Variant]:
    """Read the variants of a chain.

    Parameters
    ----------
    chain
        Letters, each at most once: N (noise), R (rotation), T (translation), V (volume), C (contour), S
        (simulated reader), such as ``RTVC``; or a YAML file with the settings of `Chain`.
    seed
        Draws variants if the file has more than its `maximum`.

    Returns
    -------
    list of Variant
        Without the original. A name stands for about 30 variants.

    Raises
    ------
    InputError
        When a letter is unknown or occurs twice, or the file is missing or has other content.

    Examples
    --------
    >>> len(read_chain("RTVC"))
    32
    >>> read_chain("V")[0].name
    'v-0.3'
    """
    if str(chain).endswith(_ENDINGS) or Path(chain).is_file():
        return _from_file(Path(chain), seed)
    letters = str(chain)
    unknown = [letter for letter in letters if letter not in LETTERS]
    twice = sorted({letter for letter in letters if letters.count(letter) > 1})
    if not letters or unknown or twice:
        meanings = ", ".join(f"{letter} {meaning}" for letter, meaning in LETTERS.items())
        found = f"{quoted(letters)} is not a chain"
        why = f": {', '.join(twice)} occurs twice" if twice and not unknown else ""
        raise InputError(
            f"{found}{why}.",
            f"Use each letter at most once ({meanings}), such as RTVC; or name a .yaml file.",
        )
    return _named(frozenset(letters))


def _from_file(path: Path, seed: int) -> list[Variant]:
    if not path.exists():
        raise InputError(f"{path} does not exist.", "Give the path of a chain file, or letters such as RTVC.")
    require_regular(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text in UTF-8.", "Save it as UTF-8.") from error
    content = read_yaml(text, str(path)).content
    if not isinstance(content, dict):
        raise InputError(
            f"{path} has no settings.", f"Give lists, such as rotation: [-10, 10]; known: {_known()}."
        )
    try:
        return Chain(**content).variants(seed)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error


def _known() -> str:
    return ", ".join(Chain.model_fields)


def _named(letters: frozenset[str]) -> list[Variant]:
    """Variants of a chain of letters; noise, contour and reader are drawn anew in each."""
    steps = frozenset("RTV") & letters
    random = [name for letter, name in _DRAWN.items() if letter in letters]
    if not steps:
        numbers = range(1, DRAWS + 1)
        return [Variant().changed(**dict.fromkeys(random, number)) for number in numbers]
    drawn = dict.fromkeys(random, 1)
    return [variant.changed(**drawn) for variant in _STEPS[steps].variants()]


def _require_single_names(variants: list[Variant]) -> None:
    names: dict[str, Variant] = {}
    for variant in variants:
        other = names.setdefault(variant.name, variant)
        if other != variant:
            raise InputError(
                f"two variants have the name {variant.name}: their values differ only beyond six digits.",
                "Give values of at most six digits.",
            )


def _shifts(*shares: float) -> tuple[Shift, ...]:
    return tuple((x, y, z) for x, y, z in product(shares, repeat=3))


def _percent(*shares: int) -> tuple[float, ...]:
    return tuple(share / 100 for share in shares)


#: Values of rotation, translation and volume in chains of letters: about 30 combinations each.
_STEPS = {
    frozenset("R"): Chain(rotation=(*range(-15, 0), *range(1, 16))),
    frozenset("T"): Chain(translation=_shifts(0.0, 0.333, 0.667)),
    frozenset("V"): Chain(volume=_percent(*range(-30, 0, 2), *range(2, 32, 2))),
    frozenset("RT"): Chain(rotation=(-15, -5, 5, 15), translation=_shifts(0.25, 0.75)),
    frozenset("RV"): Chain(rotation=(-15, -9, -3, 3, 9, 15), volume=_percent(-20, -10, 0, 10, 20)),
    frozenset("TV"): Chain(translation=_shifts(0.25, 0.75), volume=_percent(-20, -10, 10, 20)),
    frozenset("RTV"): Chain(rotation=(-10, 10), translation=_shifts(0.25, 0.75), volume=_percent(-15, 15)),
}
