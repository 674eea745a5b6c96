#!/usr/bin/env bash
#PBS -N ionfo
#PBS -l select=4:ncpus=32:mpiprocs=32
#PBS -l walltime=24:00:00
#PBS -j oe
#PBS -r y
# Samples until all steps are done.  ionfo is told to stop five minutes before the limit, stores
# where the chain stands, and the job submits its successor.
#
#     qsub -v ARGUMENTS="l5pc --out run --steps 2000 --morphology cell.asc" scripts/cluster/pbs.sh
#
# Set SECONDS_TO_RUN with the walltime.  "optimise" before the arguments optimises.  LAUNCHER names
# another launcher than mpirun.  docs/how_to/cluster.md says which MPI library fits, and what ends a job.
set -uo pipefail
cd "${PBS_O_WORKDIR:-.}" || exit 1
export IONFO_CACHE=${IONFO_CACHE:-$HOME/.cache/ionfo} # a folder that all nodes see
export OMP_NUM_THREADS=1 TERM=dumb # the output is a file: no moving bars
LAUNCHER=${LAUNCHER:-mpirun}
SECONDS_TO_RUN=${SECONDS_TO_RUN:-86100}
script=${PBS_SCRIPT:-scripts/cluster/pbs.sh}
read -ra arguments <<<"$ARGUMENTS"
ranks=$(wc -l <"${PBS_NODEFILE:-/dev/null}")
ranks=$((ranks > 1 ? ranks : 2))
is_first=$((${SUCCESSOR:-0} == 0))
(
    sleep "$SECONDS_TO_RUN" &
    trap 'kill $!' TERM
    wait $! && kill -USR1 $$
) &
clock=$!
trap 'kill "$clock" 2>/dev/null' EXIT

may_return() { # qdel, a preemption and the walltime send SIGTERM: then PBS decides, not this job
    [ "$signal" != TERM ]
}
return_to_queue() { # what this session holds is free by the time its successor begins
    local after=() same="LAUNCHER=$LAUNCHER,SECONDS_TO_RUN=$SECONDS_TO_RUN,ARGUMENTS=$ARGUMENTS"
    [ -z "${PBS_JOBID:-}" ] || after=(-W "depend=afterany:$PBS_JOBID")
    qsub "${after[@]}" -v "SUCCESSOR=1,$same" "$script"
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
