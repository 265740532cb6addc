#!/bin/sh
# Makes .venv with all that the tests of this package need, at the versions of requirements-dev.txt. It takes Python 3.10 or later, and
# PyPI, unless that was done before.
set -eu
cd "$(dirname "$0")"
cmp -s requirements-dev.txt .venv/ready && exit 0
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed, not " + sys.version)'
python3 -m venv --clear .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
.venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
cp requirements-dev.txt .venv/ready
