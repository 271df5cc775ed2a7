# Writes tests/insight/surveillance.json: what R's `surveillance` answers on the examples of its own help pages.
# Run with: Rscript scripts/reference/surveillance.R > tests/insight/surveillance.json
# (Debian's r-cran-surveillance; for this comparison only, nothing of Linli needs R.)
#
# Series: `salmonella.agona`, weekly counts of Salmonella Agona in Germany 1990-1995 (Robert Koch Institute), as the
# package holds them; and the point-source simulation of ?earsC, with a seed so that it is the same each time.
suppressMessages(library(surveillance))

numbers <- function(values) {
  text <- ifelse(is.na(values), "null", sprintf("%.15g", values))
  paste0("[", paste(text, collapse = ", "), "]")
}
object <- function(...) {
  parts <- list(...)
  paste0("{", paste(sprintf('"%s": %s', names(parts), unlist(parts)), collapse = ",\n "), "}")
}

set.seed(2026)
simulated <- disProg2sts(sim.pointSource(p = 0.99, r = 0.5, length = 208, A = 1, alpha = 1, beta = 0, phi = 0,
                                         frequency = 1, state = NULL, K = 1.7))
ears <- function(...) numbers(upperbound(earsC(simulated, control = list(range = 20:208, ...)))[, 1])

data("salmonella.agona")
agona <- disProg2sts(salmonella.agona)
farrington <- function(control) {
  result <- farringtonFlexible(agona, control = c(list(range = 282:312), control))
  object(upper = numbers(upperbound(result)[, 1]), expected = numbers(control(result)$expected[, 1]),
         phi = numbers(control(result)$phiVector[, 1]), p = numbers(control(result)$pvalue[, 1]),
         trend = numbers(control(result)$trend[, 1]), alarm = numbers(alarms(result)[, 1] * 1))
}
control <- function(sts) sts@control

old <- list(noPeriods = 1, b = 4, w = 3, weightsThreshold = 1, pastWeeksNotIncluded = 3, pThresholdTrend = 0.05,
            alpha = 0.1)
new <- list(noPeriods = 10, b = 4, w = 3, weightsThreshold = 2.58, pastWeeksNotIncluded = 26, pThresholdTrend = 1,
            alpha = 0.1)

cat(object(
  origin = sprintf('"surveillance %s, %s: ?earsC (set.seed(2026)) and ?farringtonFlexible (salmonella.agona)"',
                   packageVersion("surveillance"), R.version.string),
  simulated = numbers(observed(simulated)[, 1]),
  c1 = ears(method = "C1"), c2 = ears(method = "C2"), c3 = ears(method = "C3"),
  c3_strict = ears(method = "C3", alpha = 0.001), c1_floor = ears(method = "C1", minSigma = 0.5),
  agona = numbers(observed(agona)[, 1]),
  old = farrington(old), new = farrington(new),
  new_negative_binomial = farrington(c(new, thresholdMethod = "nbPlugin")),
  new_muan = farrington(c(new, thresholdMethod = "muan")),
  plain = farrington(c(modifyList(new, list(noPeriods = 1, alpha = 0.025)), reweight = FALSE, powertrans = "1/2"))
), "\n")
