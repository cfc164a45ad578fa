# Steps, lanes and counts of .ci/run and .ci/nightly. Sourced, not run.
#
#   step NAME COMMAND…     runs a command; the first one that fails ends the run
#   beside LANE            runs the steps of a function at low priority, beside the steps that follow
#   together               waits for every lane
#   tested COMMAND…        runs tests, counts them, and fails where there was none
#   report                 prints the seconds and the number of tests of every step, and the totals
#
# The one who sources this file stands in the root of the repository.

scratch=$(mktemp -d)
readonly scratch
readonly timings=$scratch/timings counts=$scratch/counts failure=$scratch/failure
: >"$timings" >"$counts"
lane=
lanes=()
unseen=

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

finish() {
    local status=$? pid
    # A lane has a process group of its own, so that what it started ends with it.
    for pid in "${lanes[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    if ((status != 0)); then
        printf '\nFAILED (exit code %d) after %d s: %s\n' \
            "$status" "$SECONDS" "$(cat "$failure" 2>/dev/null || echo "before the first step")"
    fi
    rm -rf "$scratch"
}
trap finish EXIT

# step NAME COMMAND…: the first one that fails ends the run. In a lane its output is shown when it ends, in one piece.
step() {
    local name=$1 started=$SECONDS
    shift
    [[ ! -e $failure ]] || exit 1 # a lane's step failed
    if [[ -z $lane ]]; then
        printf '\n==> %s\n' "$name"
        timed "$name" "$started" "$@"
        printf '<== %s: %d s\n' "$name" $((SECONDS - started))
        return
    fi
    unseen=$(mktemp "$scratch/step.XXXXXX")
    timed "$name" "$started" "$@" >"$unseen" 2>&1
    show "$name" "$started"
}

# Runs a step's command in a subshell, because `times` tells the CPU seconds of all that a shell waited for.
timed() (
    name=$1 started=$2
    shift 2
    trap 'status=$?; ended "$name" "$started" "$status"' EXIT
    "$@"
)

ended() {
    local name=$1 started=$2 status=$3 cpu file=$scratch/times.$BASHPID
    times >"$file" # not through a pipe, which would ask another process
    cpu=$(awk -F'[ms ]+' 'NR == 2 { printf "%.0f", $1 * 60 + $2 + $3 * 60 + $4 }' "$file")
    if ((status == 0)); then
        printf '%s\t%d\t%s\t%s\n' "$name" $((SECONDS - started)) "$cpu" "$lane" >>"$timings"
    else
        # The first to fail is the one that is named: the others may have been ended because of it.
        (set -o noclobber && printf '%s\n' "$name" >"$failure") 2>/dev/null || true
    fi
}

# Two lanes do not write into one another's output.
show() {
    {
        flock 9
        printf '\n==> %s\n' "$1"
        cat "$unseen"
        printf '<== %s: %d s, beside the others\n' "$1" $((SECONDS - $2))
    } 9>"$scratch/show"
    unseen=
}

# beside LANE: the steps of the function LANE, in their order, beside the steps that follow. Tests have patience, but not
# without end: a lane gives way to them.
beside() {
    set -m
    run_lane "$1" &
    set +m
    lanes+=($!)
}

run_lane() {
    lane=$1
    lanes=()
    trap '[[ ! -s $unseen ]] || { printf "\n==> %s\n" "$(<"$failure")" && cat "$unseen"; }' EXIT
    renice -n 5 -p "$BASHPID" >/dev/null
    "$lane"
}

together() {
    local pid
    for pid in "${lanes[@]}"; do
        wait "$pid" || exit 1
    done
    lanes=()
}

# tested COMMAND…: the command runs tests, and at least one; a filter that fits none would pass as well.
# It writes to a file that is followed, not to a pipe: a process that a test left behind would keep a pipe open for ever.
tested() {
    local log status=0 follower passed ignored
    log=$(mktemp "$scratch/tests.XXXXXX")
    tail --pid=$$ -n +1 -f "$log" &
    follower=$!
    "$@" >"$log" 2>&1 || status=$?
    sleep 1.5 # tail looks once a second where it has nothing better
    {
        kill "$follower"
        wait "$follower"
    } 2>/dev/null || true
    ((status == 0)) || return "$status"
    read -r passed ignored < <(awk '/^test result: ok\./ { p += $4; i += $8 } END { print p + 0, i + 0 }' "$log")
    ((passed > 0)) || die "no test was run"
    printf '%d passed, %d ignored\n' "$passed" "$ignored"
    printf '%s\t%d\t%d\n' "$name" "$passed" "$ignored" >>"$counts" # the step's name
}

# Prints what every step took and how many tests it ran. The last line has a form that machines know.
report() {
    printf '\n%7s %7s %7s  %s\n' seconds CPU tests step
    awk -F'\t' '
        FNR == NR { tests[$1] = $2; next }
        { printf "%7d %7d %7s  %s%s\n", $2, $3, tests[$1], $1, $4 == "" ? "" : " (beside)"; cpu += $3 }
        END { printf "%7s %7d %7s  all steps\n", "", cpu, "" }' "$counts" "$timings"
    [[ -z ${COUNTERSIGN_CI_TABLE-} ]] || table >"$COUNTERSIGN_CI_TABLE"
    printf '\nAll steps passed in %d s.\n' "$SECONDS"
    awk -F'\t' '{ p += $2; i += $3 } END { printf "%d passed, 0 failed, %d skipped\n", p, i }' "$counts"
}

# Prints the same for a document.
table() {
    printf '| step | tests | seconds | CPU seconds |\n|---|---|---|---|\n'
    awk -F'\t' '
        FNR == NR { tests[$1] = $2; all += $2; next }
        { printf "| %s | %s | %d | %d |\n", $1, tests[$1], $2, $3; cpu += $3 }
        END { printf "| all | %d | %d | %d |\n", all, seconds, cpu }' seconds=$SECONDS "$counts" "$timings"
}
