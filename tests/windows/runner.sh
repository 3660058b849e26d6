#!/usr/bin/env bash
# Runs a test program under Wine; cargo calls it with the program and its arguments.
#
# Under Wine 8 a program now and then does not start if another one ends at that moment: CreateProcess fails with error
# 1359, or the program ends with 1 and has said nothing, which `torch-patch` never does. Tests that failed by this, and
# only these, are run once more, and it is said that they were.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
wine "$@" >"$log" 2>&1 # no pipe: Wine's services would keep it open
code=$?
cat "$log"
mapfile -t failed < <(sed -n '/^failures:$/,/^test result:/s/^    \([[:alnum:]_:]*\)$/\1/p' "$log" | sort -u)
unstarted=$(grep -cE 'os error 1359|Call \{ code: 1, stdout: "", stderr: "" \}' "$log")
if [ "$code" = 0 ] || [ ${#failed[@]} = 0 ] || [ "$unstarted" -lt ${#failed[@]} ]; then
    exit "$code"
fi
echo "UNDER WINE A PROGRAM HAS NOT STARTED; once more: ${failed[*]}"
wine "$1" --exact "${failed[@]}"
