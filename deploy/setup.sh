#!/bin/sh
# Makes the virtual environment from the hash-locked list, or says the one line that helps.
set -eu
venv=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Amana needs Python 3.11 or newer. Name one with: make env PYTHON=python3.12" >&2
    exit 1
}
if [ ! -x "$venv/bin/python" ]; then
    "$python" -m venv "$venv" || {
        echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
        rm -rf "$venv"
        exit 1
    }
fi
echo "Installing the locked dependencies into $venv ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: -r requirements-dev.txt
# The checkout itself is put on the path; there is nothing to build.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pwd >"$site/amana.pth"
printf '#!/bin/sh\nexec "%s" -m app.cli "$@"\n' "$(pwd)/$venv/bin/python" >"$venv/bin/amana"
chmod 755 "$venv/bin/amana"
touch "$venv/ready"
