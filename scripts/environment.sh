# Sourced by demo and test: makes or refreshes the virtual environment .venv of this checkout
# and puts it first on PATH.  $1 names the extras to install.

need() { # need COMMAND PACKAGE WHAT-FOR
    command -v "$1" >/dev/null 2>&1 && return
    echo "ionfo needs $1 $3; install it, for example with: apt-get install $2" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
need python3 python3 "to run"
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "ionfo needs python >= 3.10, and python3 is $(python3 --version); install a newer one" >&2
    exit 1
fi
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "ionfo needs python's venv module; install it, for example with: apt-get install python3-venv" >&2
    exit 1
fi
need g++ g++ "to compile the ion channels"
need make make "to compile the ion channels"

extras=$1
# an mpirun of the machine is used as it is; without one, MPICH comes from the package index
command -v mpirun >/dev/null 2>&1 || extras="$extras,mpi"
[ -x .venv/bin/mpirun ] && case ",$extras," in *,mpi,*) ;; *) extras="$extras,mpi" ;; esac
stamp=".venv/.installed"
asked="$extras $(cat pyproject.toml | cksum)"
if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$asked" ]; then
    echo "setting up .venv ($extras)"
    python3 -m venv .venv || exit 1
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".[${extras#,}]" || exit 1
    echo "$asked" >"$stamp"
fi
export PATH="$root/.venv/bin:$PATH"
export VIRTUAL_ENV="$root/.venv"
