# Rscript sva_witness.R IN.csv OUT.csv PAR.PRIOR MEAN.ONLY REF.BATCH COVARIATES
# Harmonises the features (columns `original...`) of a table by ComBat of sva 3.46.0; "-" means none.
suppressMessages(library(sva))
given <- commandArgs(trailingOnly = TRUE)
table <- read.csv(given[1], colClasses = c(site = "character", stage = "character"))
features <- grep("^original", names(table))
model <- NULL
if (given[6] != "-") model <- model.matrix(as.formula(paste("~", given[6])), data = table)
reference <- if (given[5] == "-") NULL else given[5]
found <- suppressMessages(ComBat(t(as.matrix(table[, features])), table$site, mod = model,
  par.prior = given[3] == "TRUE", mean.only = given[4] == "TRUE", ref.batch = reference))
write.csv(format(t(found), digits = 15), given[2], row.names = FALSE, quote = FALSE)
