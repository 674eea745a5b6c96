#!/usr/bin/env bash
#SBATCH --job-name=ionfo
#SBATCH --ntasks=128
#SBATCH --cpus-per-task=1
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@180
#SBATCH --requeue
#SBATCH --open-mode=append
# Samples until all steps are done.  SLURM sends SIGUSR1 three minutes before the limit, ionfo
# stores where the chain stands, and the job puts itself back into the queue.
#
#     sbatch scripts/cluster/slurm.sh l5pc --out run --steps 2000 --morphology cell.asc
#     sbatch --array=0-3 scripts/cluster/slurm.sh l5pc --out run-%a --seed %a --steps 2000
#
# In the arguments %a is the number of the array's task.  "optimise" before them optimises.  One
# rank drives and sleeps; --ntasks=128 gives 127 workers.  LAUNCHER="srun --mpi=pmix" starts the
# ranks without mpirun.  docs/how_to/cluster.md says which MPI library fits, and what ends a job.
set -uo pipefail
export IONFO_CACHE=${IONFO_CACHE:-$HOME/.cache/ionfo} # a folder that all nodes see
export OMP_NUM_THREADS=1 TERM=dumb # the output is a file: no moving bars
export SLURM_KILL_BAD_EXIT=1 # of srun: when one rank dies, end the others, which wait for it
task=${SLURM_ARRAY_TASK_ID:-0}
# SLURM_JOB_ID alone would mean all tasks of the array in its last one
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$task}
job=${job:-${SLURM_JOB_ID:-}}
arguments=("${@//%a/$task}")
ranks=${SLURM_NTASKS:-2}
is_first=$((${SLURM_RESTART_COUNT:-0} == 0))
if [[ ${LAUNCHER:-} == srun* ]]; then
    # MPICH names its shared memory after job and step, and would take that of a killed session
    for ((i = 0; i < ${SLURM_RESTART_COUNT:-0}; i++)); do srun --mpi=none -N1 -n1 true; done
fi

may_return() { # whether it is for this job to go back: SLURM itself does after a preemption
    local told
    told=" $(scontrol show job -o "$job") " || return 1
    [[ $told == *" JobState=RUNNING "* || $told == *" Reason=TimeLimit "* ]]
}
return_to_queue() {
    scontrol requeue "$job"
}

# ---- from here to the next such line, slurm.sh and pbs.sh are the same ----
say() { echo "ionfo job: $*" >&2; }
case ${arguments[0]:-} in sample | optimise) ;; *) arguments=(sample "${arguments[@]}") ;; esac
run=
for ((i = 0; i < ${#arguments[@]}; i++)); do
    case ${arguments[i]} in
    --out) run=${arguments[i + 1]:-} ;;
    --out=*) run=${arguments[i]#--out=} ;;
    esac
done
if [ -z "$run" ]; then
    say "name the run folder: --out RUN"
    exit 2
fi
record=${run%/}.sessions # sessions in a row that stored nothing, and what was stored before them
limit=${SESSIONS_WITHOUT_PROGRESS:-3}
work() { # what is stored, and what is left to do
    local told
    told=$(ionfo status "$run" --batch) && read -r stored left <<<"$told"
}
keep() { mkdir -p "$(dirname "$record")" && echo "$1 $2" >"$record"; }
give_up() {
    rm -f "$record"
    say "$*; the job does not go back into the queue"
    exit 1
}

stored=0 left=1 stalled=0 process='' signal='' n_signals=0 code=75
stop() {
    signal=$1 n_signals=$((n_signals + 1))
    [ -z "$process" ] || kill -USR1 "$process" 2>/dev/null
}
trap 'stop USR1' USR1
trap 'stop TERM' TERM
work || exit 2
before=$stored
if [ "$is_first" -eq 0 ] && [ -f "$record" ]; then
    read -r stalled old <"$record"
    [ "$stored" -le "$old" ] || stalled=0
fi
[ "$stalled" -lt "$limit" ] || give_up "$stalled sessions in a row ended before they stored anything"
keep $((stalled + 1)) "$before" # holds if this session vanishes together with its node
if [ -z "$signal" ]; then
    read -ra launcher <<<"${LAUNCHER:-mpirun}"
    "${launcher[@]}" -n "$ranks" ionfo "${arguments[@]}" &
    process=$!
    while # a signal ends a wait early
        n_before=$n_signals
        wait "$process"
        code=$?
        [ "$n_signals" -gt "$n_before" ]
    do :; done
    process=
fi
if [ "$code" -eq 2 ]; then # a mistake, told by a sentence above
    rm -f "$record"
    exit 2
fi
work || exit 2
if [ "$left" -eq 0 ] && { [ "$code" -eq 0 ] || [ "$stored" -gt "$before" ]; }; then
    rm -f "$record"
    exit 0
fi
if ! may_return; then
    keep "$stalled" "$before"
    say "ended by the batch system; $left steps are left"
    exit "$code"
fi
stalled=$((stored > before ? 0 : stalled + 1))
[ "$stalled" -lt "$limit" ] || give_up "$stalled sessions in a row stored nothing, the last ended" \
    "with exit code $code, and $left steps are left; 'ionfo status $run' says what was in flight"
keep "$stalled" "$stored"
say "exit code $code, $left steps are left; the job goes back into the queue"
# ---- up to here ----
if ! return_to_queue; then
    say "the batch system does not take the job back; submit it again to go on"
fi
exit "$code"
