# Firth's estimates for data sets of lifelines, written to CSV (columns time, event and covariates):
#
#     Rscript firth_witness.R FOLDER
#
# Cox: the log partial likelihood of the package survival (Breslow's ties) plus half the log determinant of its
# information, maximised by R's own optimiser. Logistic: the package brglm2 (mean bias reduction is Firth's method for
# this model), and the intercept by glm with the linear predictor as its offset (FLIC). The tests compare with the printed
# values; R is not needed to run them.
suppressMessages({library(survival); library(brglm2)})
folder <- commandArgs(trailingOnly = TRUE)[1]
cat("survival", as.character(packageVersion("survival")), "brglm2", as.character(packageVersion("brglm2")), "\n")
for (name in c("lung", "rossi", "monotone")) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  columns <- setdiff(names(data), c("time", "event"))
  x <- scale(as.matrix(data[columns]))
  scales <- attr(x, "scaled:scale")
  penalised <- function(beta) {
    fit <- suppressWarnings(coxph(Surv(data$time, data$event) ~ x, init = beta, ties = "breslow",
                                  control = coxph.control(iter.max = 0)))
    -(fit$loglik[2] - 0.5 * as.numeric(determinant(fit$var)$modulus))
  }
  best <- rep(0, ncol(x))
  for (again in 1:5) best <- optim(best, penalised, method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))$par
  cat(name, "cox", format(best / scales, digits = 10), "\n")
  fit <- glm(data$event ~ ., data = data[columns], family = binomial, method = "brglmFit", type = "AS_mean", epsilon = 1e-12,
             maxit = 1000)
  cat(name, "logistic", format(coef(fit)[-1], digits = 10), "\n")
  eta <- as.matrix(data[columns]) %*% coef(fit)[-1]
  corrected <- glm(data$event ~ 1, offset = as.vector(eta), family = binomial, control = list(epsilon = 1e-14))
  cat(name, "intercept", format(coef(corrected), digits = 10), "\n")
}
