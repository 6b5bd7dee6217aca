#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Wrong usage and unusable input: exit status 2, one line that says what is wrong, no file left behind.
source "$(dirname "$0")/common.sh"

accepts simulate quadruple-well --exact --samples 200 -o data.h5
accepts simulate quadruple-well --samples 60 -o walk.h5
accepts fit data.h5 -o model.h5 --features 12 --modes 4
printf '1,2\n3,4,5\n' >ragged.csv
{ for i in $(seq 30); do echo "$i,2"; done; echo 'nan,1'; } >nan.csv
seq 2 >few.csv
yes 3,4 | head -n 100 >same.csv
seq 100 >line.csv
head -c 20000 model.h5 >truncated.h5
cp model.h5 flipped.h5 && printf 'x' | dd of=flipped.h5 bs=1 seek=9000 conv=notrunc status=none
# A file whose root says that its header goes on far beyond the end of the file: version 1.10 of HDF5 cannot be taken down after it, and says so at exit.
python3 - <<'PYTHON'
content = bytearray(open("data.h5", "rb").read())
at = content.index(b"\x10\x00\x10\x00")  # a continuation of 16 bytes: address and length
content[at + 12] ^= 0x20
open("beyond.h5", "wb").write(content)
PYTHON

refuses 2 "subcommand" --quiet
refuses 2 "beyond.h5' is not a whole HDF5 file" info beyond.h5
refuses 2 "beyond.h5' is not a whole HDF5 file" fit beyond.h5 --quiet -o m.h5
refuses 2 "nonsense" nonsense
refuses 2 "--no-such-option" fit data.h5 -o m.h5 --no-such-option
refuses 2 "DATA is required" fit -o m.h5
refuses 2 "there is no system 'quintuple-well'" simulate quintuple-well -o x.h5
refuses 2 "there is no file 'none.h5'" fit none.h5 -o m.h5
refuses 2 "ragged.csv', line 2: 3 columns where the first line has 2" fit ragged.csv -o m.h5
refuses 2 "nan in row 30, column 0" fit nan.csv -o m.h5
refuses 2 "at least 3 points are needed, got 2" fit few.csv -o m.h5
refuses 2 "all points are the same" fit same.csv -o m.h5
refuses 2 "--lag: must be a positive number, got '0'" fit walk.h5 --lag 0 -o m.h5
refuses 2 "no trajectory is longer than the lag of 60 steps" fit walk.h5 --lag 60 -o m.h5
refuses 2 "the estimator edmd needs a --lag" fit walk.h5 --estimator edmd -o m.h5
refuses 2 "diffusion" fit data.h5 --estimator diffusion -o m.h5
refuses 2 "--bandwidth must be a positive number or auto" fit data.h5 --bandwidth wide -o m.h5
refuses 2 "--memory allows 1000" fit data.h5 --memory 1000 -o m.h5
refuses 2 "must be a positive number" fit data.h5 --memory -5 -o m.h5
refuses 2 "a model is written as HDF5" fit data.h5 -o m.npy
refuses 2 "pictures are PNG, PDF or SVG" plot data.h5 -o data.gif
refuses 2 "has no /nothing" fit data.h5 --dataset /nothing -o m.h5
refuses 2 "cannot write '/nowhere/m.h5'" fit data.h5 -o /nowhere/m.h5
refuses 2 "is not a model written by kswgd" sample data.h5 -n 10 -o s.h5
refuses 2 "is truncated" sample truncated.h5 -n 10 -o s.h5
refuses 2 "is damaged" spectrum flipped.h5
refuses 2 "-n N is required" sample model.h5 -o s.h5
refuses 2 "cannot write '/nowhere/s.h5'" sample model.h5 -n 10 -o /nowhere/s.h5
refuses 2 "the particles have 1 coordinates, the model has 2" sample model.h5 -n 50 --start line.csv -o s.h5
refuses 2 "1000 particles were asked for, but 'data.h5' holds 200 points" sample model.h5 -n 1000 --start data.h5 -o s.h5
refuses 2 "40 modes were asked for, but the model holds 4" sample model.h5 -n 10 --inverse spectral --modes 40 -o s.h5
refuses 2 "is not a checkpoint" sample model.h5 --resume data.h5 -o s.h5
refuses 2 "the points have 1 coordinates, the model has 2" evaluate model.h5 line.csv -o e.h5
refuses 2 "the samples have 2 coordinates, the reference has 1" score data.h5 --reference line.csv
refuses 2 "the extension must be" sample model.h5 -n 10 -o samples.dat
refuses 2 "--samples" simulate quadruple-well --samples -3 -o x.h5
refuses 1 "more substeps" simulate quadruple-well --dt 10 --substeps 10 --samples 50 -o x.h5
finish
