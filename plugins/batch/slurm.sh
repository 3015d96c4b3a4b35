#!/usr/bin/env bash
# A Slurm array that restores a folder. Each task restores its share of the pictures, and goes on where it was when its
# time is over or its node is needed.
#
#   sbatch --array=1-20 --time=4:00:00 slurm.sh TASK FOLDER --output-dir DONE [FLAG...]
#
#   DIPKIT   the command, if not dipkit
#
# TASK and the flags are those of dipkit; --resume, --shard and --threads are given here.
#SBATCH --job-name=dipkit
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --output=dipkit-%A_%a.log
#
# The log of a task that goes on is appended to the one before. 90 seconds before the time is over this script, and not the
# command, is sent USR1: that is time to write a checkpoint.
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@90
#SBATCH --requeue
set -uo pipefail

goes_on=75       # exit status of dipkit: the same command goes on from its checkpoint
restarts=5       # of a task whose worker is killed, as by a node that is short of memory
tries=12         # of a requeue, while the controller is away
pause_seconds=5  # between them

worker=
signal=

main() {
  trap 'pass_on TERM' TERM
  trap 'pass_on USR1' USR1
  "${DIPKIT:-dipkit}" "$@" --resume --shard slurm --threads "${SLURM_CPUS_PER_TASK:-1}" &
  worker=$!
  # One that came in between has had no worker to go to.
  if [ -n "$signal" ]; then pass_on "$signal"; fi
  local status
  # A signal ends the wait, but not the worker.
  while signal=; wait "$worker"; status=$?; [ -n "$signal" ]; do :; done
  if [ "$status" -eq "$goes_on" ] || { is_killed "$status" && [ "${SLURM_RESTART_COUNT:-0}" -lt "$restarts" ]; }; then
    requeue
  fi
  exit "$status"
}

pass_on() {
  signal=$1
  if [ -n "$worker" ]; then kill -"$1" "$worker" 2> /dev/null; fi
}

# By a signal, and not by Ctrl-C, which has a status of dipkit's own.
is_killed() {
  [ "$1" -gt 128 ] && [ "$1" -ne 130 ]
}

# Slurm itself only requeues the tasks of nodes that it lost or needs. It ends this script when it has heard.
requeue() {
  local task=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID} try
  for ((try = 0; try < tries; try++)); do
    case $(scontrol --oneliner show job "$task") in
      *" JobState=RUNNING "*) if scontrol requeue "$task"; then exit 0; fi ;;
      # It could be requeued still, but somebody has cancelled it, or Slurm needs its node and has requeued it.
      *" JobState="*) return ;;
    esac
    sleep "$pause_seconds"
  done
}

main "$@"
