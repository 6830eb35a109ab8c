"""Names that the tables of all stages share."""

#: What tells the rows of a per-case table apart; the package's own words say what each means.
INDEX = ("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant", "engine", "in_training")
#: The reserved reader of the model.
AUTO = "auto"
#: Columns of names: text, whatever they look like.
NAMES = ("subject", "timepoint", "sequence", "roi", "reader", "reference", "variant", "engine", "in_training")
