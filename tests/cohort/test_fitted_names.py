"""Subjects who fitted a file are known again by their names, which the file does not contain."""

from nbradiomics.cohort.fitted_names import known_names, known_sentence, name_prints

IMAGES = ("5f", "a1")


def test_the_names_of_a_file_are_known_again_and_no_others() -> None:
    names = [f"P{number:03d}" for number in range(30)]
    prints = name_prints(names[:10], IMAGES)
    assert known_names(names, prints, reversed(IMAGES)) == set(names[:10])
    assert len(prints) == 10
    assert not any(name in "".join(prints) for name in names)


def test_the_prints_of_two_files_have_nothing_in_common() -> None:
    assert not set(name_prints(["P001"], ["5f"])) & set(name_prints(["P001"], ["a1"]))


def test_a_file_without_prints_knows_nobody() -> None:
    assert known_names(["P001"], (), IMAGES) == set()
    assert known_sentence((), 3, "the model") == ""
    assert known_sentence({"P001"}, 3, "the model").startswith("1 of 3 subjects (P001) is among those who")
