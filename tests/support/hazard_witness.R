# Values of R's package survival: coefficients with standard errors, tests of proportional hazards and an ordinary logistic
# model, for rossi and gbsg2 of lifelines, whas500 of scikit-survival and veteran of this folder, each as CSV:
#
#     Rscript hazard_witness.R FOLDER
#
# The tests compare with the printed values; R is not needed to run them.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
cat("survival", as.character(packageVersion("survival")), "\n")
models <- list(
  rossi = Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio,
  gbsg2 = Surv(time, cens) ~ horTh + age + menostat + tsize + tgrade + pnodes + progrec + estrec,
  whas500 = Surv(lenfol, fstat) ~ bmifp1 + bmifp2 + age + hr + diasbp + gender + chf + age:gender,
  veteran = Surv(time, status) ~ karno + trt + celltype + age
)
numbers <- function(values) cat(format(values, digits = 10, trim = TRUE), sep = ", ")
show <- function(title, values) { cat(title, ""); numbers(values); cat("\n") }
for (name in names(models)) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")), stringsAsFactors = TRUE)
  if (name == "whas500") data <- transform(data, bmifp1 = (bmi / 10)^2, bmifp2 = (bmi / 10)^3)
  fit <- coxph(models[[name]], data, ties = "efron",
               control = coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 100))
  cat("\n", name, paste(names(coef(fit)), collapse = " "), "\n")
  show("coefficients", coef(fit))
  show("standard errors", sqrt(diag(vcov(fit))))
  show("95 % intervals", summary(fit)$conf.int[, 3:4])
  for (transform in c("km", "rank", "identity", "log")) {
    test <- cox.zph(fit, transform)$table
    show(paste(transform, "chi2"), test[, 1])
    if (transform == "km") { show("df", test[, 2]); show("p", test[, 3]) }
  }
  show("without terms, km chi2", cox.zph(fit, terms = FALSE)$table[, 1])
  show("terms and events", c(fit$nevent, fit$n))
}
veteran <- read.csv(file.path(folder, "veteran.csv"), stringsAsFactors = TRUE)
print(cox.zph(coxph(Surv(time, status) ~ trt + prior + karno, veteran), transform = function(time) log(time + 20)))
print(summary(coxph(Surv(time, status) ~ trt + prior + karno, veteran)))
fit <- glm((time > 100) ~ karno + trt + celltype + age, binomial, veteran, epsilon = 1e-14)
cat("odds of a veteran's survival beyond 100 days:", names(coef(fit)), "\n")
show("coefficients", coef(fit)[-1])
show("standard errors", sqrt(diag(vcov(fit)))[-1])
