#!/usr/bin/env bash
# Tests and measures dipkit on a card, from the folder that tests/gpu/kit has filled. Needs an NVIDIA driver and, for
# the comparison, python3 with torch; neither Rust nor a network. Ends within six minutes.
#
#   ./run.sh [--tiny] [--out FILE]
#
# --out    the one file with all results (by default results.txt in $OUT, or here): first what failed, last a short
#          table, which is printed too.
# --tiny   tiny pictures, for a try on the stand-in: LD_LIBRARY_PATH=FOLDER tests/gpu/run.sh --tiny
# TESTS    the filters of the test program, for instance TESTS=ops::conv.
#
# The exit status is 1 where something failed. What is missing on the machine is skipped, and said to be.
set -uo pipefail

kit=$(cd "$(dirname "$0")" && pwd)
started=$SECONDS
# In all, with some seconds to write what was found.
most_seconds=345
failures=()
notes=()
table=()

main() {
  sizes=(128 256 512 1024) reference_sizes=(512) iterations=41 fit_size=512 fit_options=() torch_iterations=20
  tests=${TESTS:-"ops:: agreement::"} is_tiny=false out=${OUT:-.}/results.txt
  while [ $# -gt 0 ]; do
    case $1 in
      --tiny) set_tiny; shift ;;
      --out) out=${2:?"--out needs a file"}; shift 2 ;;
      *) echo "usage: run.sh [--tiny] [--out FILE]" >&2; exit 2 ;;
    esac
  done
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  log=$work/log
  # The driver keeps compiled kernels; the first command must find none.
  export CUDA_CACHE_PATH=$work/kernels
  describe_machine
  if has_card; then
    run_command_twice
    run_bench
    compare_with_cpu
    # The longest of all, and no one waits for its numbers.
    run_tests
    run_torch
  fi
  write_results
  [ ${#failures[@]} -eq 0 ]
}

set_tiny() {
  is_tiny=true sizes=(32 48) reference_sizes=() iterations=3 fit_size=32 fit_options=(--iterations 5) torch_iterations=2
  tests=${TESTS:-"ops::"}
}

# Runs a command for so many seconds at most. Keeps what it prints in the log and in $work/output, its time in `took`.
run() {
  local name=$1 limit=$2 status=0 begun left=$((most_seconds - SECONDS + started))
  shift 2
  if [ "$left" -lt 2 ]; then
    failures+=("$name: not run, as the time is over")
    return 1
  fi
  if [ "$limit" -gt "$left" ]; then limit=$left; fi
  printf '\n---- %s: %s\n' "$name" "$*" >> "$log"
  begun=$(date +%s.%N)
  timeout "$limit" "$@" > "$work/output" 2> "$work/errors" || status=$?
  took=$(echo "$begun $(date +%s.%N)" | awk '{ printf "%.2f", $2 - $1 }')
  cat "$work/output" "$work/errors" >> "$log"
  printf -- '---- %s: status %d after %s s\n' "$name" "$status" "$took" >> "$log"
  case $status in
    0) return 0 ;;
    124) failures+=("$name: stopped after $limit s") ;;
    *) failures+=("$name: status $status: $(grep -v '^ *$' "$work/errors" | tail -n 1)") ;;
  esac
  return 1
}

describe_machine() {
  {
    date -u
    uname -srm
    echo "$(nproc) processors"
    "$kit/dipkit" --version
    "$kit/dipkit" devices
  } >> "$log" 2>&1
  if command -v nvidia-smi > /dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm --format=csv >> "$log" 2>&1
  else
    notes+=("there is no nvidia-smi, so the card's memory is not measured")
  fi
}

has_card() {
  local found
  found=$("$kit/dipkit" devices | grep '^cuda 0') || found="cuda 0: dipkit devices does not list it"
  case $found in
    *": available: "*) table+=("$found") ;;
    *) failures+=("$found"); return 1 ;;
  esac
}

# A noisy picture of waves in ASCII, which every awk can write.
write_picture() {
  awk -v side="$1" 'BEGIN {
    srand(7)
    print "P3", side, side, 255
    for (y = 0; y < side; y++) for (x = 0; x < side; x++) for (c = 0; c < 3; c++) {
      noise = 25 * (rand() + rand() + rand() + rand() - 2) * 1.73
      value = int(128 + 60 * sin(x / (7 + c)) * cos(y / 11) + ((x + 2 * y) % 97 < 40 ? 30 : -20) + noise)
      if (value < 0) value = 0
      if (value > 255) value = 255
      print value
    }
  }' > "$2"
}

# The first compiles the kernels; both must give the same bytes.
run_command_twice() {
  local first=failed second=failed
  write_picture "$fit_size" "$work/given.ppm"
  set -- "$kit/dipkit" denoise "$work/given.ppm" --quality balanced --device cuda --quiet "${fit_options[@]}"
  run "command, first run" 90 "$@" -o "$work/first.png" && first=$took
  run "command, second run" 60 "$@" -o "$work/second.png" && second=$took
  table+=("dipkit denoise of $fit_size x $fit_size: $first s with compiling the kernels, $second s again")
  if [ "$second" != failed ] && ! cmp -s "$work/first.png" "$work/second.png"; then
    failures+=("command: two runs with the same seed give different pictures")
  fi
}

# One iteration after the other, with its wait; the median.
run_bench() {
  local size
  table+=("" "| seconds an iteration | size | dipkit | card, MiB |" "|---|---|---|---|")
  for size in "${sizes[@]}"; do bench balanced "$size"; done
  for size in ${reference_sizes[@]+"${reference_sizes[@]}"}; do bench reference "$size"; done
}

bench() {
  local quality=$1 size=$2 seconds=failed memory
  start_watching
  if run "bench $quality $size" 40 "$kit/dipkit" bench --task denoise --quality "$quality" --size "$size" \
    --device cuda --iterations "$iterations" --json; then
    seconds=$(sed -n 's/.*"seconds_per_iteration":\([0-9.e-]*\).*/\1/p' "$work/output")
  fi
  memory=$(stop_watching)
  table+=("| $quality | $size | $seconds | $memory |")
}

# The card's memory in use, every tenth of a second.
start_watching() {
  watcher=
  if command -v nvidia-smi > /dev/null; then
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -lms 100 > "$work/memory" 2> /dev/null &
    watcher=$!
  fi
}

# The most of it, less the least.
stop_watching() {
  if [ -z "$watcher" ]; then echo "not measured"; return; fi
  kill "$watcher" 2> /dev/null
  wait "$watcher" 2> /dev/null
  awk '/^[0-9]+$/ { if ($1 > most) most = $1; if (!any++ || $1 < least) least = $1 }
    END { print any ? most - least : "not measured" }' "$work/memory"
}

# A few iterations of one seed: rounding has had no time to lead them apart.
compare_with_cpu() {
  local device quality
  write_picture "$fit_size" "$work/given.ppm"
  for device in cuda cpu; do
    run "fit on $device" 60 "$kit/dipkit" denoise "$work/given.ppm" --quality balanced --iterations 5 --runs 1 \
      --device "$device" --quiet -o "$work/on_$device.png" || return
  done
  run "compare" 20 "$kit/dipkit" compare "$work/on_cuda.png" "$work/on_cpu.png" || return
  quality=$(grep -o 'PSNR[^,]*' "$work/output" | head -n 1)
  table+=("" "after 5 iterations on cuda and on cpu: ${quality:-$(head -n 1 "$work/output")}")
}

run_tests() {
  local filters
  read -ra filters <<< "$tests"
  if run "tests" 150 "$kit/engine" "${filters[@]}"; then
    local result
    result=$(grep '^test result' "$work/output" | tail -n 1)
    table+=("$result")
    case $result in *" 0 passed"*) failures+=("tests: there are none of these names: $tests") ;; esac
  else
    local name
    while read -r name; do
      failures+=("test $name")
    done < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$work/output")
  fi
}

run_torch() {
  if ! python3 -c 'import torch' 2> /dev/null; then
    notes+=("PyTorch was skipped: python3 has no torch here")
    return
  fi
  if $is_tiny; then
    notes+=("PyTorch was skipped: --tiny is for the stand-in, which torch cannot use")
    return
  fi
  run "torch" 120 python3 "$kit/torch_speed.py" --sizes "${sizes[@]}" --reference-sizes "${reference_sizes[@]}" \
    --iterations "$torch_iterations" --seconds 75
  table+=("" "| seconds an iteration | size | how | PyTorch | card, MiB |" "|---|---|---|---|---|")
  local line
  while read -r line; do table+=("$line"); done < <(python3 - "$work/output" <<'PYTHON'
import json, sys
for text in open(sys.argv[1]):
    row = json.loads(text)
    seconds = row.get("error") or f"{row['seconds_per_iteration']:.6f}" + ("" if row["is_finite"] else " (not finite)")
    memory = f"{row['card_bytes'] / 2**20:.0f}" if row.get("card_bytes") else ""
    print(f"| {row['torch']} | {row['size']} | {row['mode']}, {row['arithmetic']} | {seconds} | {memory} |")
PYTHON
  )
}

write_results() {
  local failed=("nothing failed")
  if [ ${#failures[@]} -gt 0 ]; then failed=("${failures[@]/#/FAILED: }"); fi
  table=("dipkit on a card, $((SECONDS - started)) s:" ${table[@]+"${table[@]}"} ${notes[@]+"${notes[@]}"})
  {
    printf '%s\n' "${failed[@]}"
    cat "$log"
    printf '\n'
    printf '%s\n' "${table[@]}"
  } > "$out"
  printf '%s\n' "${failed[@]}" "${table[@]}" "everything is in $out"
}

main "$@"
