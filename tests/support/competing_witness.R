# Values of R's packages survival, riskRegression and pec for the data of `tests/outcome/measures/test_competing.py`,
# written to CSV (columns time, event, x1, x2, r, p):
#
#     Rscript competing_witness.R FILE
#
# The tests compare with the printed values; R is not needed to run them.
suppressMessages({library(survival); library(riskRegression); library(pec)})
for (name in c("survival", "riskRegression", "pec")) cat(name, as.character(packageVersion(name)), "\n")
data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
times <- c(3, 6)
curve <- summary(survfit(Surv(time, factor(event, 0:2)) ~ 1, data), times = times)
cat("incidence", format(curve$pstate[, 2], digits = 12), "error", format(curve$std.err[, 2], digits = 12), "\n")
models <- CSC(Hist(time, event) ~ x1 + x2, data = data, cause = 1)
for (one in models$models) cat("coefficients", format(coef(one), digits = 12), "\n")
# riskRegression adds up the hazards themselves, we their exponentials: only nearly equal.
risk <- predict(models, newdata = data[1:4, ], times = times, cause = 1, product.limit = FALSE)$absRisk
cat("predicted", format(t(risk), digits = 6), "\n")
score <- Score(list(m = data$p), formula = Hist(time, event) ~ 1, data = data, times = times, cause = 1,
               metrics = c("auc", "brier"), cens.model = "km", conf.int = FALSE, null.model = FALSE)
cat("ROC area", format(score$AUC$score$AUC, digits = 12), "\n")
cat("Brier", format(score$Brier$score$Brier, digits = 12), "\n")
for (weights in c("none", "marginal")) {
  c <- pec::cindex(list(m = matrix(data$r)), formula = Hist(time, event) ~ 1, data = data, eval.times = 6,
                   cens.model = weights, cause = 1, verbose = FALSE)
  cat("C until 6, weights", weights, format(c$AppCindex$m, digits = 12), "\n")
}
