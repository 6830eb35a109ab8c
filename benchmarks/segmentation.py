"""Compare `nbradiomics segment` with nnU-Net's own command, on the same model and the same files.

    python benchmarks/segmentation.py --model synthetic-demo --cases 10 --repeats 3
    python benchmarks/segmentation.py --model FOLDER --cohort cohort.csv --reference expert
    python benchmarks/segmentation.py --full-size --cases 2 --repeats 1

Each repeat runs every command once, in a rotating order, so that a busy machine affects all commands equally.
The whole commands are compared, including imports and writing, each in a separate process with its defaults:
nnU-Net's has six workers, ours none. Ours also writes probability, entropy and the mask of each fold;
nnU-Net's writes only the mask. Memory is the highest sum of the proportional set size (PSS) over the
processes of a command.

nnU-Net's command is started unchanged. It looks up the trainer class by name; it finds `nnUNetTrainer` before
it imports the trainers that need timm and torchvision, and torchvision cannot be imported with every build of
torch. A model of another trainer may fail for that reason; install the torchvision that matches your torch.

`--full-size` uses a network of nnU-Net's usual size (31 million parameters, random weights, topology by
nnU-Net's planner) and larger images, to measure times and memory. Its masks are noise, which is extremely
sensitive to rounding: its Dice says nothing about models, only that the exact mode stays exact.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort import Case, Scan, load_cohort
from nbradiomics.cohort.case_region import read_case_region
from nbradiomics.images.io import read_image, write_image
from nbradiomics.segmentation import Model, load_model
from nbradiomics.segmentation.store import find_model
from nbradiomics.synthetic import make_cohort

OURS, EXACT, STOCK, MIRRORED = "nbradiomics", "nbradiomics, fp32 + stock", "nnU-Net", "nnU-Net, mirroring"
#: Grid of `--full-size`: close to 4 x 0.7 x 0.7 mm, to which its network resamples.
SPACING, SIZE = (0.8, 0.8, 4.4), (280, 280, 36)
#: Seconds between two measurements of the memory.
SAMPLE = 0.2


@dataclass
class Measured:
    """One run of a command: seconds, seconds of processor time, and peak memory in MiB."""

    wall: float
    processor: float
    memory: float


def main() -> None:
    options = _options()
    work = Path(options.work or tempfile.mkdtemp(prefix="nbradiomics-benchmark-"))
    work.mkdir(parents=True, exist_ok=True)
    folder = full_size_model(work / "model") if options.full_size else find_model(options.model)
    cohort = options.cohort or make_cohort(work / "synthetic", subjects=options.cases, seed=options.seed)
    scans = load_cohort(cohort).scans()[: options.cases]
    prepare(scans, load_model(folder), work, full_size=options.full_size)
    commands = _commands(folder, work, options)
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for repeat in range(options.repeats):
        names = list(commands)
        for name in names[repeat % len(names) :] + names[: repeat % len(names)]:
            runs[name].append(measure(commands[name], work / "log.txt"))
            print(f"repeat {repeat + 1}, {name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    masks = {name: read_masks(name, scans, work) for name in commands}
    references = _references(cohort, options.reference, scans, load_model(folder))
    print(report(runs, masks, references, cases=len(scans)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="synthetic-demo", help="name of a model, or an nnU-Net folder")
    parser.add_argument("--cohort", type=Path, help="cohort table; default: synthetic cases")
    parser.add_argument("--reference", default="", help="reader whose masks are the reference")
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="seed of the synthetic cases")
    parser.add_argument("--full-size", action="store_true", help="use a network of nnU-Net's usual size")
    parser.add_argument("--no-mirroring", action="store_true", help="leave out nnU-Net with mirroring")
    parser.add_argument("--work", help="output folder; default: a temporary folder")
    options = parser.parse_args()
    if options.cohort is None and not options.reference and not options.full_size:
        options.reference = "A"  # a reader of the synthetic cohort
    return options


def _commands(folder: Path, work: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the commands to run; each writes to its own folder under `work`."""
    binaries = Path(sys.executable).parent
    folds = sorted(
        path.parent.name.removeprefix("fold_") for path in folder.glob("fold_*/checkpoint_final.pth")
    )
    ours = [str(binaries / "nbradiomics"), "segment", str(work / "input.csv"), "--model", str(folder)]
    stock = [
        str(binaries / "nnUNetv2_predict_from_modelfolder"),
        "-i",
        str(work / "input"),
        "-m",
        str(folder),
    ]
    stock += ["-f", *folds, "-device", "cpu", "--disable_progress_bar"]
    exact = ["--precision", "fp32", "--resampling", "stock", "--no-maps"]
    commands = {
        STOCK: [*stock, "--disable_tta", "-o", str(work / "stock")],
        OURS: [*ours, "--out", str(work / "ours.csv")],
        EXACT: [*ours, *exact, "--out", str(work / "exact.csv")],
        MIRRORED: [*stock, "-o", str(work / "mirrored")],
    }
    if options.no_mirroring or options.full_size:
        del commands[MIRRORED]
    return commands


# --- inputs -----------------------------------------------------------------------------------------


def prepare(scans: list[Scan], model: Model, work: Path, *, full_size: bool) -> None:
    """Write the files that both commands read: nnU-Net's input folder, and a cohort table of the same files.

    nnU-Net does not reorient images; if the model records an orientation, the files are written in it.
    """
    rows = ["subject,channel,image"]
    for number, scan in enumerate(scans):
        images = {channel.name.casefold(): read_image(channel.image) for channel in scan.channels}
        for index, name in enumerate(model.channels):
            image = images[name.casefold()] if len(images) > 1 else next(iter(images.values()))
            image = sitk.DICOMOrient(image, model.orientation) if model.orientation else image
            file = work / "input" / f"case_{number:03d}_{index:04d}.nii.gz"
            write_image(_finer(image) if full_size else image, file)
            rows.append(f"case_{number:03d},{name},{file}")
    (work / "input.csv").write_text("\n".join(rows) + "\n")


def _finer(image: sitk.Image) -> sitk.Image:
    """Stretch the image over a grid of clinical size, and add noise, so that no part of it is smooth."""
    image = sitk.Cast(image, sitk.sitkFloat32)
    image.SetSpacing([n * s / m for n, s, m in zip(SIZE, SPACING, image.GetSize(), strict=True)])
    grid = sitk.Image(SIZE, sitk.sitkFloat32)
    grid.SetSpacing(SPACING)
    grid.SetOrigin(image.GetOrigin())
    found = sitk.Resample(image, grid)
    return sitk.AdditiveGaussianNoise(found, 20.0, 0.0, 1)


def full_size_model(folder: Path) -> Path:
    """Make a model of nnU-Net's usual size for thick slices, with random weights, planned as by nnU-Net."""
    import torch
    from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    spacing, patch = [4.0, 0.7, 0.7], [48, 192, 192]
    _, strides, kernels, patch, _ = get_pool_and_conv_props(spacing, patch, 4, 999999)
    stages = len(strides)
    plans = json.loads((find_model("synthetic-demo") / "plans.json").read_text())
    own = plans["configurations"]["3d_fullres"]
    own.update(spacing=spacing, patch_size=[int(edge) for edge in patch])
    own["architecture"]["arch_kwargs"].update(
        n_stages=stages,
        features_per_stage=[min(32 * 2**stage, 320) for stage in range(stages)],
        strides=[list(map(int, stride)) for stride in strides],
        kernel_sizes=[list(map(int, kernel)) for kernel in kernels],
        n_conv_per_stage=[2] * stages,
        n_conv_per_stage_decoder=[2] * (stages - 1),
    )
    (folder / "fold_0").mkdir(parents=True, exist_ok=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_bytes((find_model("synthetic-demo") / "dataset.json").read_bytes())
    torch.manual_seed(0)
    network = get_network_from_plans(
        own["architecture"]["network_class_name"],
        own["architecture"]["arch_kwargs"],
        own["architecture"]["_kw_requires_import"],
        1,
        2,
        deep_supervision=False,
    )
    checkpoint = {
        "network_weights": network.state_dict(),
        "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "3d_fullres"},
        "inference_allowed_mirroring_axes": (0, 1, 2),
    }
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
    return folder


# --- measuring --------------------------------------------------------------------------------------


def measure(command: list[str], log: Path) -> Measured:
    """Run a command; its output goes to `log`."""
    before, begin = os.times(), time.perf_counter()
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        highest = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, highest))
        watcher.start()
        code = process.wait()
        wall = time.perf_counter() - begin
        watcher.join()
    if code:
        raise SystemExit(f"{' '.join(command)} failed:\n{log.read_text()[-2000:]}")
    after = os.times()
    processor = sum(after[2:4]) - sum(before[2:4])  # of children that were waited for, and theirs
    return Measured(wall, processor, highest[0])


def _watch(process: subprocess.Popen[bytes], highest: list[float]) -> None:
    while process.poll() is None:
        highest[0] = max(highest[0], sum(map(_pss, _tree(process.pid))))
        time.sleep(SAMPLE)


def _tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _pss(pid: int) -> float:
    """Return the proportional set size in MiB: memory shared by several processes counts once in total."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


# --- results ----------------------------------------------------------------------------------------

Masks = list[np.ndarray]


def read_masks(name: str, scans: list[Scan], work: Path) -> Masks:
    place = {OURS: "ours_masks", EXACT: "exact_masks", STOCK: "stock", MIRRORED: "mirrored"}[name]
    ending = "_baseline_unspecified.nii.gz" if name in (OURS, EXACT) else ".nii.gz"
    files = [work / place / f"case_{number:03d}{ending}" for number in range(len(scans))]
    return [sitk.GetArrayFromImage(read_image(file)) > 0 for file in files]


def _references(cohort: Path, reader: str, scans: list[Scan], model: Model) -> Masks:
    cases: dict[str, Case] = {
        case.scan.name: case for case in reversed(load_cohort(cohort).cases()) if case.reader == reader
    }
    if not all(scan.name in cases for scan in scans):
        return []
    regions = [read_case_region(cases[scan.name]) for scan in scans]
    turned = [sitk.DICOMOrient(each, model.orientation) if model.orientation else each for each in regions]
    return [sitk.GetArrayFromImage(region) > 0 for region in turned]


def dices(first: Masks, second: Masks) -> list[float]:
    pairs = zip(first, second, strict=True)
    return [2 * (a & b).sum() / (a.sum() + b.sum()) if a.any() or b.any() else 1.0 for a, b in pairs]


def report(
    runs: Mapping[str, list[Measured]], masks: Mapping[str, Masks], references: Masks, *, cases: int
) -> str:
    """Return a Markdown table with one row per command, and the agreement of the masks."""
    repeats = len(next(iter(runs.values())))
    heads = (
        "command",
        "seconds",
        "of nnU-Net's",
        "processor seconds",
        "highest memory, MiB",
        "mutual Dice with nnU-Net: mean, lowest",
        "voxels that differ",
        "mean Dice to the reference",
    )
    lines = [
        f"{cases} cases, {repeats} repeats, {os.cpu_count()} processors; medians, and the ratios' range.",
        "",
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
    ]
    for name, own in runs.items():
        ratios = [run.wall / stock.wall for run, stock in zip(own, runs[STOCK], strict=True)]
        mutual = dices(masks[name], masks[STOCK])
        differ = sum(int((a != b).sum()) for a, b in zip(masks[name], masks[STOCK], strict=True))
        true = f"{np.mean(dices(masks[name], references)):.4f}" if references else ""
        lines.append(
            f"| {name} | {_median(own, 'wall'):.1f} | {statistics.median(ratios):.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f}) | {_median(own, 'processor'):.1f} | {_median(own, 'memory'):.0f} | "
            f"{np.mean(mutual):.5f}, {min(mutual):.5f} | {differ} | {true} |"
        )
    if MIRRORED in masks:
        mutual = dices(masks[OURS], masks[MIRRORED])
        against = f"mutual Dice {np.mean(mutual):.4f}, lowest {min(mutual):.4f}"
        lines += ["", f"Ours against nnU-Net with mirroring: {against}."]
    return "\n".join(lines)


def _median(runs: list[Measured], what: str) -> float:
    return float(statistics.median(getattr(run, what) for run in runs))


if __name__ == "__main__":
    main()
