#!/bin/sh
# Install torch and torchvision before other packages install a build with CUDA: install_torch.sh PYTHON BACKEND
# BACKEND: cpu, default (the build of the package index), or the name of another backend in uv (cu130).
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
    # On other systems the package index has builds without CUDA; on Linux a local index may have one.
    if [ "$(uname -s)" != Linux ] || pip "torch==$version+cpu" 2>/dev/null; then
        pip torch torchvision
        exit 0
    fi
fi
# uv knows the index of the torch builds.
pip uv
if output=$("$python" -m uv pip install --quiet --python "$python" --torch-backend "$backend" -c constraints.txt \
    torch torchvision 2>&1); then
    exit 0
fi
if [ "$backend" != cpu ]; then
    echo "$output" >&2
    echo "No build of torch $version for $backend can be installed here; see TORCH in the Makefile." >&2
    exit 1
fi
echo "No build of torch $version without CUDA can be installed here. The build of the package index follows: 2.8 GB to" >&2
echo "download, 4.9 GB on the disk; it works on a CPU as well." >&2
pip torch torchvision
