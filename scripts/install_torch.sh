#!/bin/sh
# Install torch and torchvision, before the rest would bring a build with CUDA along: install_torch.sh PYTHON BACKEND
# BACKEND: cpu, default (what the package index offers), or another one by uv's name for it (cu130).
set -eu
python=$1
backend=$2
pip() { "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt "$@"; }
version=$(sed -n 's/^torch==//p' constraints.txt)

if [ "$backend" = default ]; then
    pip torch torchvision
    exit 0
fi
if [ "$backend" = cpu ]; then
    # Outside Linux the package index offers builds without CUDA, and a machine may have one at hand.
    if [ "$(uname -s)" != Linux ] || pip "torch==$version+cpu" 2>/dev/null; then
        pip torch torchvision
        exit 0
    fi
fi
# uv knows where the makers of torch keep their builds.
pip uv
if said=$("$python" -m uv pip install --quiet --python "$python" --torch-backend "$backend" -c constraints.txt \
    torch torchvision 2>&1); then
    exit 0
fi
if [ "$backend" != cpu ]; then
    echo "$said" >&2
    echo "No build of torch $version for $backend can be had here; see TORCH in the Makefile." >&2
    exit 1
fi
echo "No build of torch $version without CUDA can be had here. The package index's own follows: 2.8 GB to" >&2
echo "download, 4.9 GB on the disk; it computes on a CPU as well." >&2
pip torch torchvision
