#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Particles in time: collective variables of a molecule that MDAnalysis wrote, beside MDAnalysis' own (tests/io/files/make_files.py), and what --layout
# says of arrays of three dimensions.
files=$(cd "$(dirname "$0")/../io/files" && pwd)
source "$(dirname "$0")/common.sh"

# expected TABLE: its numbers, a row for each frame.
expected() { awk -v name="$1" '/inline constexpr/ { on = index($0, name) > 0 } on && /^    \{/ { gsub(/[{},;]/, " "); print }' "$files/expected.hpp"; }
# close A B TOLERANCE: as many numbers, each within it.
close() {
  # shellcheck disable=SC2317 # called by check
  paste -d ' ' <(tr ',' ' ' <"$1") "$2" | awk -v tolerance="$3" '{ n = NF / 2; for (k = 1; k <= n; ++k) if (($k - $(k + n)) ^ 2 > tolerance ^ 2) { print; exit 1 } }
                                                                END { exit !(NR == 12 && n == 6) }'
}

expected variables >variables.txt
expected walks >walks.txt
words="--torsions 0,1,2,3 2,3,4,5 --distances 0,5 1,4 --angles 0,1,2 3,4,5"
# shellcheck disable=SC2086 # words
accepts features "$files/mdanalysis.h5md" $words -o cv.csv --json cv.json
check "dt comes from the file, and it is said" grep -q 'note: dt is 2 ps, from the times in /particles/trajectory/position/time' out
check "torsions live on circles" grep -q 'periodic:6.283185307179586,6.283185307179586,0,0,0,0' cv.json
check "columns are named" grep -q '^"\?torsion 0-1-2-3' cv.csv
tail -n +2 cv.csv >rows.csv
check "MDAnalysis says the same" close rows.csv variables.txt 2e-5
# shellcheck disable=SC2086
accepts features "$files/amber4.nc" $words -o amber.csv
tail -n +2 amber.csv >rows.csv
check "of netCDF-4, too" close rows.csv variables.txt 2e-5
accepts features "$files/mdanalysis.h5md" --atoms 0,5 -o walks.csv
tail -n +2 walks.csv >rows.csv
check "walks across the faces of the box are those of MDAnalysis" close rows.csv walks.txt 1e-4
accepts features "$files/mdanalysis.h5md" --atoms 0,5 --stride 4 -o sparse.csv
tail -n +2 sparse.csv | tail -n 1 | tr ',' ' ' >last.txt
sed -n 9p walks.txt | paste -d ' ' - last.txt | tr -s ' ' '\n' >both.txt
check "a stride follows all frames" test "$(awk 'NF { x[++n] = $1 } END { for (k = 1; k <= n / 2; ++k) if ((x[k] - x[k + n / 2]) ^ 2 > 1e-8) print k }' both.txt | wc -l) $(grep -c . both.txt)" = "0 12"
accepts features "$files/mdanalysis.h5md" --atoms 0,5 --ignore-box -o wrapped.csv
check "without the box positions are as they stand" test "$(tail -n 1 wrapped.csv)" != "$(tail -n 1 walks.csv)"

# What it writes is read by fit; several files are as many trajectories.
accepts features "$files/mdanalysis.h5md,$files/amber4.nc" --torsions 0,1,2,3 -o two.h5 --json two.json
check "two files are two trajectories" grep -q '"trajectories": 2' two.json
accepts info two.h5
check "with dt and names" grep -q '/trajectories/1  12 x 1 .*dt=2' out
refuses 2 "there is no atom 6 among 6" features "$files/mdanalysis.h5md" --torsions 0,1,2,6 -o no.h5
refuses 2 "'x' is no number of an atom" features "$files/mdanalysis.h5md" --distances 0,x -o no.h5
refuses 2 "no torsions, distances, angles or atoms" features "$files/mdanalysis.h5md" -o no.h5
refuses 2 "classic netCDF" features "$files/mdanalysis.ncdf" --distances 0,1 -o no.h5
refuses 2 "holds no particles in time" features "$files/pandas_fixed.h5" --distances 0,1 -o no.h5
refuses 2 "read by MDAnalysis in Python" features molecule.xtc --distances 0,1 -o no.h5

# Arrays of three dimensions, by name, in a command that reads trajectories.
refuses 2 "say with --layout" fit "$files/pyh5md_linear.h5" -o no.h5
accepts fit "$files/pyh5md_linear.h5" --layout trajectories --features 6 --modes 1 -o walkers.h5 --json walkers.json
check "the header's dt is named" grep -q 'dt is 0.5 .* says so, one number for all frames' out
check "four walkers of eight frames" grep -q '"samples": 32' walkers.json
refuses 2 "of which --layout could say what they are" vamp "$files/pandas_fixed.h5" --layout frames --lag 1
refuses 2 "at least 3 points are needed, got 2" fit "$files/frames.npy" --layout frames --stride 3 -o no.h5
finish
