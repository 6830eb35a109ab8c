# Values of R's packages psych (ICC) and epiR (concordance), and of base R (Kendall's W by the Friedman test, limits of
# agreement, proportional bias), for the ratings below:
#
#     Rscript reproducibility_witness.R
#
# The tests compare with the printed values; R is not needed to run them.
suppressMessages({library(psych); library(epiR)})
cat("R", as.character(getRversion()), "psych", as.character(packageVersion("psych")),
    "epiR", as.character(packageVersion("epiR")), "\n")
judges <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
# Peak expiratory flow (l/min) of 17 people by two meters, first measurement of each: Bland and Altman 1986, Table 1.
flow <- cbind(c(494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427),
              c(512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451))
# The Wright peak flow meter twice: the same table.
wright <- cbind(flow[, 1], c(490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421))
numbers <- function(...) format(c(...), digits = 12)
for (name in c("judges", "flow", "wright")) {
  x <- get(name)
  k <- ncol(x); n <- nrow(x)
  found <- ICC(x, lmer = FALSE)$results
  for (row in seq_len(nrow(found)))
    cat(name, as.character(found$type[row]), numbers(found$ICC[row], found$`lower bound`[row], found$`upper bound`[row]), "\n")
  cat(name, "ccc (n - 1)", numbers(epi.occc(as.data.frame(x), pairs = TRUE)$occc), "\n")
  pairs <- combn(k, 2)  # the overall coefficient as the weighted mean of the coefficients of the pairs
  lin <- apply(pairs, 2, function(p) epi.ccc(x[, p[1]], x[, p[2]])$rho.c$est)
  weight <- apply(pairs, 2, function(p) (n - 1) / n * (var(x[, p[1]]) + var(x[, p[2]])) + (mean(x[, p[1]]) - mean(x[, p[2]]))^2)
  cat(name, "overall", numbers(sum(lin * weight) / sum(weight)), "\n")
  if (k == 2) cat(name, "Lin", numbers(unlist(epi.ccc(x[, 1], x[, 2])$rho.c)), "\n")
  cat(name, "W", numbers(friedman.test(t(x))$statistic / (k * (n - 1))), "\n")
  within <- summary(aov(value ~ subject, data.frame(value = c(x), subject = factor(rep(seq_len(n), k)))))[[1]]
  cat(name, "wSD", numbers(sqrt(within["Residuals", "Mean Sq"])), "\n")
  logs <- summary(aov(log(value) ~ subject, data.frame(value = c(x), subject = factor(rep(seq_len(n), k)))))[[1]]
  cat(name, "log wSD", numbers(sqrt(logs["Residuals", "Mean Sq"])), "\n")
  cat(name, "QCD", numbers(median(apply(x, 1, function(row) {
    q <- quantile(row, c(0.25, 0.75), names = FALSE); (q[2] - q[1]) / (q[2] + q[1]) }))), "\n")
  if (k == 2) {
    d <- x[, 1] - x[, 2]
    cat(name, "bias", numbers(t.test(d)$estimate, t.test(d)$conf.int), "\n")
    cat(name, "limits", numbers(mean(d) - 1.96 * sd(d), mean(d) + 1.96 * sd(d)), "\n")
    exact <- function(p) mean(d) + qt(p, n - 1, ncp = 1.96 * sqrt(n)) * sd(d) / sqrt(n)
    cat(name, "interval of the upper limit", numbers(suppressWarnings(c(exact(0.025), exact(0.975)))), "\n")
    cat(name, "proportional", numbers(summary(lm(d ~ rowMeans(x)))$coefficients[2, 4]), "\n")
  }
}
