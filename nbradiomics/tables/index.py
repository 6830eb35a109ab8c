"""Column names that the tables of all stages share."""

#: Columns that identify a row of a per-case table; `nbradiomics.tables` explains each.
INDEX = ("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant", "engine", "in_training")
#: Columns that a feature table may have besides: they describe a row, and are never features.
DESCRIPTIVE = ("site", "repeat", "in_fit", "parameters")
#: The reserved reader name of the model.
AUTO = "auto"
#: Value of `variant` for an image and a mask as they are.
ORIGINAL = "original"
#: Column of a table whose rows are slices of regions, not regions.
SLICE = "slice"
#: Columns of names, which are text even if they look like numbers.
NAMES = (
    *("subject", "timepoint", "sequence", "roi", "reader", "reference", "variant", "engine", "in_training"),
    *DESCRIPTIVE,
)
