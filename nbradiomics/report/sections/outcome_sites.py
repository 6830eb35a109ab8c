"""The sites that were held out once each, in numbers."""

from __future__ import annotations

from nbradiomics.messages.wording import MISSING, concordance
from nbradiomics.report.content import Block, Table
from nbradiomics.report.metric_text import SHORT_ORDERS
from nbradiomics.report.run_files import Endpoint


def site_blocks(endpoint: Endpoint) -> list[Block]:
    """A table with a row per site: subjects, events, and how well each model orders them."""
    sites = endpoint.summary.get("sites")
    if not isinstance(sites, dict) or not sites:
        return []
    order = next(name for name in SHORT_ORDERS if name in next(iter(sites.values())))
    models = list(dict.fromkeys(model for site in sites.values() for model in site[order]))
    events = not endpoint.is_class
    rows = tuple(
        (
            name,
            str(site["subjects"]),
            *([str(site["events"])] if events else []),
            *(concordance(site[order].get(model)) for model in models),
        )
        for name, site in sites.items()
    )
    heading = ("Site", "Subjects", *(["Events"] if events else []))
    columns = (*heading, *(f"{SHORT_ORDERS[order]}, {model}" for model in models))
    caption = f"Sites that were held out once each; {MISSING} means undefined"
    return [Table(columns, rows, caption=caption, name="sites")]
