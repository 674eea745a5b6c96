#!/usr/bin/env bash
#SBATCH --job-name=ionfo
#SBATCH --ntasks=128
#SBATCH --cpus-per-task=1
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@180
#SBATCH --requeue
#SBATCH --open-mode=append
# Samples until all steps are done: SLURM sends SIGUSR1 three minutes before the limit, ionfo
# stores where the chain stands and exits with 75, and the job puts itself back into the queue.
#
#     sbatch scripts/cluster/slurm.sh l5pc --out run --steps 2000 --morphology cell.asc
#
# One rank drives and sleeps; --ntasks=128 gives 127 workers.  mpirun and mpi4py must belong to
# the same MPI library (docs/cluster.md).
set -uo pipefail
export IONFO_CACHE=${IONFO_CACHE:-$HOME/.cache/ionfo} # a folder that all nodes see
export OMP_NUM_THREADS=1

mpirun -n "${SLURM_NTASKS:-2}" ionfo sample "$@" &
run=$!
trap 'kill -USR1 "$run" 2>/dev/null' USR1 TERM
wait "$run"
code=$?
while kill -0 "$run" 2>/dev/null; do # a signal ends the first wait early
    wait "$run"
    code=$?
done
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
