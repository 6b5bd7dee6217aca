#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# gfortran 12 (Debian 12), read (unit, *) of numbers: lines with an empty field, and with a slash.
#
# Expected: an error (iostat), as for a word in the place of a number, or 0.
# Seen:     iostat is 0, and a variable whose field is empty keeps what it held, the number of the line before: "1,2,3" and then "4,,6" give 4, 2, 6. A slash ends the line for good: "7 8/9 9" gives 7, 8 and the
#           third number of the line before; "2*5.5 1" is 5.5, 5.5, 1. The standard has it so; numpy.loadtxt refuses all three.
# Why it matters: tables with gaps (a sensor that was off, an observable that was not computed) are read without a word, with a hole filled by the frame before: a smooth, plausible
#           series whose correlation at lag 1 is too high. Dates and ratios end a line. Set the variables to NaN before each read.
#
# Needs gfortran. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf '1,2,3\n4,,6\n7 8/9 9\n2*5.5 1\n1 abc 3\n' >table.txt
cat >rows.f90 <<'FORTRAN'
program rows
  use iso_fortran_env, only: compiler_version
  implicit none
  real(8), parameter :: expected(3, 4) = reshape([1d0, 2d0, 3d0, 4d0, 2d0, 6d0, 7d0, 8d0, 6d0, 5.5d0, 5.5d0, 1d0], [3, 4])
  real(8) :: x(3)
  integer :: i, status
  logical :: same = .true.
  print '(a)', compiler_version()
  open (10, file="table.txt", action="read")
  do i = 1, 4
    read (10, *, iostat=status) x
    print '("line ", i0, ": ", 3f5.1, ", iostat ", i0)', i, x, status
    same = same .and. status == 0 .and. all(abs(x - expected(:, i)) < 1d-12)
  end do
  read (10, *, iostat=status) x
  print '("a word for a number: iostat ", i0)', status
  if (.not. (same .and. status > 0)) stop 1
end program
FORTRAN
gfortran rows.f90 -o rows
./rows
