"""Sentences about what was fitted: preprocessing, selection, models and penalties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.messages.wording import counted, percent, share
from nbradiomics.outcome.cause_specific import FEWEST_COMPETING
from nbradiomics.outcome.models import penalty_name
from nbradiomics.outcome.penalised import MIXTURES, RETRIES, TUNED, TUNING_FOLDS
from nbradiomics.outcome.selection import CHOSEN_IN, FALSE_DISCOVERIES, HALVES, SUPERVISED
from nbradiomics.outcome.settings import AUTO, AUTO_GRID, FIRTH
from nbradiomics.outcome.trees import DEPTH, LEAF, PART, STAGES, STEP, TREES
from nbradiomics.report.paper.methods.harmonisation import harmonisation
from nbradiomics.report.paper.methods.story import Story, listed
from nbradiomics.report.sections.outcome_selection import what_columns_say

_TREES = {
    "random_forest": f"random forests ({TREES} trees, {LEAF} subjects or more in a leaf)",
    "gradient_boosting": f"stochastic gradient boosting ({STAGES} trees of depth {DEPTH}, each on "
    f"{percent(PART)} of the subjects and the root of the number of columns, step {STEP:g})",
}

#: What each selection did, in words, and its sources.
_SELECTIONS = {
    "univariable": (
        "features were selected among {subjects}: those associated with the outcome by themselves ({test}) "
        f"at a false discovery rate of {share(FALSE_DISCOVERIES)}"
    ),
    "mrmr": (
        "up to {number} features of maximum relevance and minimum redundancy were selected among {subjects}"
    ),
    "stability": (
        "features were selected among {subjects}: those that a lasso chose in "
        f"{share(CHOSEN_IN)} or more of {HALVES} halves of the subjects (stability selection)"
    ),
    "clusters": (
        "one feature of each cluster of correlated features (average linkage) was selected among {subjects}"
    ),
    "pca": "features were replaced by up to {number} principal components of {subjects}",
    "supervised_pca": (
        "features were replaced by up to {number} principal components of the "
        f"{SUPERVISED} features with the smallest univariable p values among {{subjects}}"
    ),
}
_SOURCES = {
    "univariable": ("benjamini1995",),
    "mrmr": ("ding2005",),
    "stability": ("meinshausen2010", "shah2013"),
    "supervised_pca": ("bair2006",),
}


def preparation(story: Story) -> Iterator[str]:
    """What was done to the columns before the models, and what was missing."""
    settings = story.settings
    yield from harmonisation(story)
    yield (
        f"Every step was fitted to {story.training} alone. Features that were constant or missing in more "
        f"than {share(settings['missing_features'])} of these subjects were left out; other missing values "
        "became the median."
    )
    if settings["power_transform"]:
        yield (
            "Features were made symmetric by Yeo-Johnson's power transformation "
            f"{story.cite('yeo2000')} and scaled to mean 0 and variance 1."
        )
    else:
        yield "Features were scaled to mean 0 and variance 1."
    yield (
        f"Of two features whose absolute Spearman correlation exceeded {settings['correlation']:g}, one was "
        "left out."
    )
    yield from _covariates(story)
    if "volume" in story.models:
        yield "The volume alone was prepared like a feature, but not filtered."
    yield from _missing(story)


def _covariates(story: Story) -> Iterator[str]:
    """How covariates were prepared, as far as there are numbers and categories."""
    if not story.summary["covariates"]:
        return
    indicators = story.settings["missing_indicators"]
    kinds = {each["kind"] for each in story.summary["clinical"].get("columns", ())}
    most = share(story.settings["missing_covariates"])
    yield f"Covariates that were constant or missing in more than {most} of these subjects were left out."
    if kinds - {"categorical"}:
        also = ", with a column that said where a value was missing" if indicators else ""
        yield (
            "Missing values of numeric covariates became the median"
            f"{also}, and they were scaled to mean 0 and variance 1."
        )
    if "categorical" in kinds:
        level = "was a level of its own" if indicators else "had no effect"
        yield (
            f"Each level of a category had a column (two levels: one column), and a missing level {level}."
        )
    if "ordinal" in kinds:
        yield "Ordered levels were numbered 0, 1, 2 and so on."


def _missing(story: Story) -> Iterator[str]:
    summary = story.summary
    cohorts = {"": summary}
    if story.endpoint.is_external:
        cohorts = {" of the development cohort": summary["development"], " of the external cohort": summary}
    for whose, facts in cohorts.items():
        cells = facts["subjects"] * summary["features"]
        covariates = [f"{name} in {counted(n, 'subject')}" for name, n in facts["missing_covariates"].items()]
        values = facts["missing_values"]
        features = f"{values:,} of {cells:,} feature values" if values else "no feature value"
        also = f", and {listed(covariates)}," if covariates else ""
        verb = "were" if values > 1 or covariates else "was"
        yield f"In the data{whose}, {features}{also} {verb} missing."
    often = summary.get("often_missing") or []
    if often:
        yield f"Left out in folds with too many missing values were: {listed(often)}."


def selection(story: Story) -> Iterator[str]:
    """How features were selected before the model, if they were."""
    method = story.settings["selection"]
    if method == AUTO:
        grid = [_selected(story, name, "these") for name in AUTO_GRID if name in _SELECTIONS]
        yield (
            f"How features were selected was chosen among {story.training}, by the likelihood of those of "
            "them "
            "who were left out in three inner folds. The choices were: no selection; " + "; ".join(grid) + "."
        )
        for model, counts in story.summary["chosen_selections"].items():
            used = [f"{name} {count}" for name, count in counts.items() if count]
            yield f"Chosen for the {model} model (folds): {listed(used)}."
    elif method in _SELECTIONS:
        yield f"Then {_selected(story, method)}."


def _selected(story: Story, method: str, subjects: str = "") -> str:
    test = "F test" if story.endpoint.is_class else "score test"
    among = f"{subjects} subjects" if subjects else story.training
    text = _SELECTIONS[method].format(subjects=among, number=story.settings["selected"], test=test)
    return f"{text} {story.cite(*_SOURCES[method])}" if method in _SOURCES else text


def models(story: Story) -> Iterator[str]:
    """Kind of model, penalties and their tuning."""
    if story.has_trees:
        yield _trees(story)
        return
    if story.method == FIRTH:
        yield from _firth(story)
        return
    if story.endpoint.is_class:
        yield _logistic(story)
    elif story.endpoint.has_competing:
        yield from _cause_specific(story)
    else:
        yield (
            f"The models were Cox regressions {story.cite('cox1972')} with Efron's ties; survival was "
            f"predicted with Breslow's baseline hazard {story.cite('breslow1972')} of {story.training}."
        )
    yield from _penalty(story)
    yield from _light(story)
    for model, count in (story.summary.get("raised_penalties") or {}).items():
        if count:
            yield (
                f"In {count} of {story.folds} folds the {model} model converged only after all penalties had "
                f"been raised tenfold, at most {RETRIES} times."
            )


def _trees(story: Story) -> str:
    package, works = "scikit-learn", {"random_forest": "breiman2001", "gradient_boosting": "friedman2002"}
    if not story.endpoint.is_class:
        package = f"scikit-survival {story.cite('polsterl2020')}"
        works = {"random_forest": "ishwaran2008", "gradient_boosting": "ridgeway1999"}
    kind = "" if story.endpoint.is_class else " for a time to an event"
    return (
        f"The models were {_TREES[story.method]}{kind} of {package} {story.cite(works[story.method])}, with "
        "fixed settings; nothing was tuned."
    )


def _logistic(story: Story) -> str:
    several = len(story.summary["classes"]) > 2
    scaled = ", one of each class against all others, whose probabilities were scaled to a sum of 1"
    return f"The models were logistic regressions{scaled if several else ''}."


def _firth(story: Story) -> Iterator[str]:
    if story.endpoint.is_class:
        works = story.cite("firth1993", "heinze2002")
        yield f"{_logistic(story)} They were fitted by Firth's method {works}."
        yield (
            "The intercept of each was corrected, so that its predicted probabilities of the training "
            f"subjects add up to those of the class {story.cite('puhr2017')}."
        )
    else:
        yield (
            f"The models were Cox regressions by Firth's method {story.cite('heinze2001')} with Breslow's "
            f"ties; survival was predicted with the baseline hazard of {story.training} (Efron's ties)."
        )


def _cause_specific(story: Story) -> Iterator[str]:
    yield (
        f"The models were pairs of Cox regressions {story.cite('cox1972')} with Efron's ties, of the event "
        "and of the competing event (cause-specific hazards), with the same columns. Together they "
        f"predicted the cumulative incidence of the event {story.cite('benichou1990')}."
    )
    yield (
        f"With fewer than {FEWEST_COMPETING} competing events among {story.training}, the hazard of the "
        "competing event was the same for all subjects."
    )


def _penalty(story: Story) -> Iterator[str]:
    """The penalty of the features."""
    strength, kind = story.settings["penalizer"], story.settings["l1_ratio"]
    if strength == 0:
        yield "The features had no penalty."
        return
    works = {0.0: ("hoerl1970",), 1.0: ("tibshirani1996",)}
    if kind == TUNED:
        names = f"{' or '.join(map(penalty_name, MIXTURES))} {story.cite('hoerl1970', 'zou2005')}"
    else:
        names = f"{penalty_name(float(kind))} {story.cite(*works.get(float(kind), ('zou2005',)))}"
    tuned = [word for word, value in (("kind", kind), ("strength", strength)) if value == TUNED]
    fixed = "" if strength == TUNED else f", with the fixed strength {strength:g}"
    yield f"The features had a penalty: {names}{fixed}."
    if tuned:
        likelihood = "likelihood" if story.endpoint.is_class else "partial likelihood"
        cited = "" if story.endpoint.is_class else f" {story.cite('verweij1993')}"
        yield (
            f"Its {' and '.join(tuned)} had the largest {likelihood}{cited} in a cross-validation with up to "
            f"{TUNING_FOLDS} folds among {story.training}."
        )


def coefficients(story: Story) -> Iterator[str]:
    """What the numbers of the tables of selected columns are."""
    table = story.endpoint.selection
    if table is not None and not table.empty:
        yield what_columns_say(story.endpoint)


def _light(story: Story) -> Iterator[str]:
    """The penalty of covariates and of the volume alone."""
    light: Mapping[str, Any] = {
        "the covariates": {"clinical", "combined"} & set(story.models),
        "the volume alone": {"volume"} & set(story.models),
    }
    names = [name for name, there in light.items() if there]
    if names:
        strength = story.settings["covariate_penalizer"]
        penalty = f"a fixed ridge penalty of {strength:g}" if strength else "no penalty"
        text = f"{listed(names)} had {penalty}."
        yield text[0].upper() + text[1:]
