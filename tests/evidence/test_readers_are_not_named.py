"""Readers are persons too: facts number them."""

import json
from pathlib import Path

from nbradiomics.evidence.write import make_evidence

READER = "Dr. Mueller, Anna"


def test_facts_name_no_reader(tmp_path: Path) -> None:
    summary = {
        "kind": "survival",
        "models": ["radiomic"],
        "settings": {"method": "penalised", "stability_readers": [READER, "B"]},
        "drawing": {
            "reader": READER,
            "absent": {READER: {}, f"{READER}, reading 2": {"no mask in these rows": 3}, "auto": {}},
            "settings": {"drawing_readers": [READER], "transfer": True},
            "sentences": [f"Fitted to the masks of {READER}."],
        },
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (tmp_path / "performance.csv").write_text("model,metric,horizon,value,low,high\n", encoding="utf-8")
    evidence = make_evidence(tmp_path, ["summary.json", "performance.csv"])
    assert "Mueller" not in evidence.model_dump_json()
    drawing = evidence.fact("outcome.outcome.drawing")
    assert drawing is not None
    assert isinstance(drawing.value, dict)
    assert drawing.value["absent"] == {"mask 1": {}, "mask 2": {"no mask in these rows": 3}, "mask 3": {}}
    assert drawing.value["settings"] == {"drawing_readers": 1, "transfer": True}
