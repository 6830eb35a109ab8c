# Variance components of the unbalanced table variance_witness.csv by REML, by R's lme4:
#
#     Rscript variance_witness.R tests/support/variance_witness.csv
#
# Packages: lme4 1.1.31 (Debian r-cran-lme4). The tests compare with the printed values; R is not needed to run them.
suppressMessages(library(lme4))
data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
exact <- lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 100000, rhobeg = 0.01, rhoend = 1e-10))
models <- list(
  main = "y ~ 1 + (1 | subject) + (1 | reader)",
  nested = "y ~ 1 + (1 | subject) + (1 | site) + (1 | reader)",
  full = paste("y ~ 1 + (1 | subject) + (1 | subject:reader) + (1 | subject:timepoint)",
               "+ (1 | site) + (1 | timepoint) + (1 | reader)"))
for (name in names(models)) for (feature in c("shape", "texture")) {
  data$y <- data[[feature]]
  rows <- if (name == "full") data else data[data$timepoint == "first", ]
  fit <- suppressWarnings(suppressMessages(lmer(as.formula(models[[name]]), data = rows, REML = TRUE, control = exact)))
  parts <- as.data.frame(VarCorr(fit))
  cat(name, feature, paste(parts$grp, format(parts$vcov, digits = 7)), "\n")
}
