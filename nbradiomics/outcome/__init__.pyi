from .cox import PenalisedCox as PenalisedCox
from .evaluate import evaluate_outcome as evaluate_outcome
from .external import validate_outcome as validate_outcome
from .logistic import PenalisedLogistic as PenalisedLogistic
from .measures import harrell_c as harrell_c
from .penalised import NotConvergedError as NotConvergedError
from .result import OutcomeResult as OutcomeResult, write_outcome as write_outcome
from .settings import (
    ModelSettings as ModelSettings,
    OutcomeSettings as OutcomeSettings,
    Predictors as Predictors,
)
from .solvers import survival_array as survival_array
from .stability import Candidates as Candidates
from .trial.run import try_outcome as try_outcome
