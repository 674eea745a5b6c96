# Sourced by demo and test: makes or refreshes the virtual environment .venv of this checkout
# and puts it first on PATH.  $1 names the extras to install.

need() { # need COMMAND PACKAGE WHAT-FOR
    command -v "$1" >/dev/null 2>&1 && return
    echo "ionfo needs $1 $3; install it, for example with: apt-get install $2" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
# another virtual environment that is active has a python and an mpirun of its own, which are not for this one
if [ -n "${VIRTUAL_ENV:-}" ]; then
    PATH=":$PATH:"
    PATH=${PATH//":$VIRTUAL_ENV/bin:"/:}
    PATH=${PATH#:} PATH=${PATH%:}
fi
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

# An mpirun of the machine is used as it is, whatever its MPI: the wheel of mpi4py finds its library.
# Without one, MPICH comes from the package index; it stays where it has come once.
extras=$1
if [ -x .venv/bin/mpirun ] || ! command -v mpirun >/dev/null 2>&1; then
    case ",$extras," in *,mpi,*) ;; *) extras="$extras${extras:+,}mpi" ;; esac
fi
wanted=".${extras:+[$extras]}" # pip refuses ".[]"
if [ -e .venv/.root ] && [ "$(cat .venv/.root)" != "$root" ]; then
    rm -rf .venv # this checkout has been moved, and the programs in it name the old place
fi
stamp=".venv/.installed"
asked="$wanted $(cksum <pyproject.toml)"
if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$asked" ]; then
    echo "setting up .venv for $wanted, which takes a few minutes the first time"
    python3 -m venv .venv || exit 1
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$wanted" || exit 1
    echo "$root" >.venv/.root
    echo "$asked" >"$stamp"
fi
export PATH="$root/.venv/bin:$PATH"
export VIRTUAL_ENV="$root/.venv"

# Open MPI refuses root, and more ranks than cores; both are fine here (the names of versions 4 and 5)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
