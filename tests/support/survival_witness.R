# Values of R's package survival for the data sets lung, rossi and gbsg2 of lifelines, written to CSV (columns time,
# event and covariates):
#
#     Rscript survival_witness.R FOLDER
#
# The tests compare with the printed values; R is not needed to run them.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
cat("survival", as.character(packageVersion("survival")), "\n")
for (name in c("lung", "rossi", "gbsg2")) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  columns <- setdiff(names(data), c("time", "event"))
  formula <- reformulate(columns, "Surv(time, event)")
  fit <- coxph(formula, data, ties = "efron", control = coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 100))
  cat(name, "coefficients", format(coef(fit), digits = 12), "\n")
  cat(name, "concordance", format(concordance(fit)$concordance, digits = 12), "\n")
  horizon <- median(data$time[data$event == 1])
  new <- data[1:3, ]
  cat(name, "survival at", horizon, format(summary(survfit(fit, newdata = new), times = horizon)$surv, digits = 10), "\n")
  group <- as.integer(data[[columns[1]]] > median(data[[columns[1]]]))
  test <- survdiff(Surv(data$time, data$event) ~ group)
  cat(name, "log-rank", format(test$chisq, digits = 12), "\n")
  half <- summary(coxph(Surv(data$time, data$event) ~ group, ties = "efron"))$conf.int
  cat(name, "hazard ratio", format(half[c(1, 3, 4)], digits = 10), "\n")
  curve <- summary(survfit(Surv(data$time, data$event) ~ group), rmean = horizon)$table
  cat(name, "restricted means", format(c(curve[2, "rmean"], curve[1, "rmean"]), digits = 10),
      format(c(curve[2, "se(rmean)"], curve[1, "se(rmean)"]), digits = 10), "\n")
  reverse <- survfit(Surv(data$time, 1 - data$event) ~ 1)
  cat(name, "median follow-up", summary(reverse)$table["median"], "\n")
}
