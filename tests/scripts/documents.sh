#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What the documents promise is there: the README's program is examples/embedding.cpp to the letter, each link between documents
# leads somewhere, each command of the program stands in docs/commands.md and the other way round.
source "$(dirname "$0")/common.sh"
kswgd=$2
cd "$root" || exit 1

# The first C++ block of the README against the example from its first include on.
block() { awk '/^```cpp$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' README.md; }
example() { sed -n '/^#include/,$p' examples/embedding.cpp; }
check "README.md shows a program" test -n "$(block)"
check "the README's program is examples/embedding.cpp" diff <(block) <(example)

links=0
while IFS=: read -r file link; do
  links=$((links + 1))
  check "$file: the link to $link leads nowhere" test -e "$(dirname "$file")/${link%%#*}"
done < <(grep -o -E '\]\([^)#:]+(#[^)]*)?\)' README.md CHANGELOG.md docs/*.md docs/contributing/*.md | sed -E 's/\]\(([^)]*)\)/\1/')
check "links were found" test "$links" -ge 5

if [[ -x $kswgd ]]; then
  "$kswgd" --help | sed -n '/^Subcommands:/,$p' | grep -o -E '^  [a-z-]+' | tr -d ' ' | sort >"$work/program"
  grep -E '^## `' docs/commands.md | grep -o -E '`[a-z-]+`' | tr -d '`' | sort >"$work/documented"
  check "the program has commands" test -s "$work/program"
  check "docs/commands.md has the program's commands, and no others" diff "$work/program" "$work/documented"
  while IFS= read -r command; do
    section=$("$kswgd" "$command" --help | sed -n 's/^More in docs.commands.md: section \(.*\)\.$/\1/p')
    check "docs/commands.md tells of $command where its help says" grep -q "^## \`$section\`.*" <(grep -- "\`$command\`" docs/commands.md)
    "$kswgd" "$command" --help | grep -o -E '^  (-[a-z],)?--[a-z-]+' | grep -o -E '\-\-[a-z-]+' | grep -v -x -E -- '--(help|json|quiet|seed)' |
      while IFS= read -r option; do
        awk -v name="\`$command\`" 'index($0, "## ") == 1 { inside = index($0, name) > 0 } inside' docs/commands.md | grep -q -e "$option" || echo "$command $option"
      done
  done <"$work/program" >"$work/undocumented"
  check "each option stands in docs/commands.md: $(tr '\n' ';' <"$work/undocumented")" test ! -s "$work/undocumented"
fi
finish
