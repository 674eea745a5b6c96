#!/usr/bin/env bash
#PBS -N ionfo
#PBS -l select=4:ncpus=32:mpiprocs=32
#PBS -l walltime=24:00:00
#PBS -j oe
# Samples until all steps are done: ionfo is told to stop five minutes before the limit, stores
# where the chain stands and exits with 75, and the job submits its successor.
#
#     qsub -v ARGUMENTS="l5pc --out run --steps 2000 --morphology cell.asc" scripts/cluster/pbs.sh
#
# Set SECONDS_TO_RUN with the walltime.  mpirun and mpi4py must belong to the same MPI library
# (docs/cluster.md).
set -uo pipefail
cd "${PBS_O_WORKDIR:-.}" || exit 1
export IONFO_CACHE=${IONFO_CACHE:-$HOME/.cache/ionfo} # a folder that all nodes see
export OMP_NUM_THREADS=1
script=${PBS_SCRIPT:-scripts/cluster/pbs.sh}
n=$(wc -l <"${PBS_NODEFILE:-/dev/null}")

read -ra arguments <<<"$ARGUMENTS"
mpirun -n "$((n > 1 ? n : 2))" ionfo sample "${arguments[@]}" &
run=$!
(sleep "${SECONDS_TO_RUN:-86100}" && kill -USR1 "$run" 2>/dev/null) &
clock=$!
trap 'kill -USR1 "$run" 2>/dev/null' TERM
wait "$run"
code=$?
while kill -0 "$run" 2>/dev/null; do # a signal ends the first wait early
    wait "$run"
    code=$?
done
kill "$clock" 2>/dev/null
if [ "$code" -eq 75 ]; then
    qsub -v ARGUMENTS="$ARGUMENTS" "$script"
fi
exit "$code"
