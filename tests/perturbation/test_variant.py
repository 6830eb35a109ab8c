"""Names of variants, and the part of a variant that changes the image."""

from nbradiomics.perturbation import ORIGINAL, Variant


def test_a_variant_that_changes_nothing_is_the_original() -> None:
    assert Variant().name == ORIGINAL


def test_a_name_states_every_change_in_the_order_in_which_it_is_done() -> None:
    variant = Variant(noise=2, rotation=-7.5, translation=(0.25, 0.5, 0), volume=0.15, contour=1)
    assert variant.name == "n2_r-7.5_t0.25,0.5,0_v0.15_c1"


def test_variants_with_the_same_image_share_it() -> None:
    grown, drawn = Variant(rotation=3, volume=0.2), Variant(rotation=3, contour=2)
    assert grown.of_image == drawn.of_image == Variant(rotation=3)
