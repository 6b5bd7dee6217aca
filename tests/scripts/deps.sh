#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# scripts/deps where it must refuse: wrong usage, packages that only root can install, archives that are not what they say.
# Nothing is fetched: the tools that would do so are replaced.
source "$(dirname "$0")/common.sh"
deps=$root/scripts/deps
export KSWGD_CACHE=$work/cache
unset CMAKE_PREFIX_PATH Kokkos_ROOT KokkosKernels_ROOT Anasazi_ROOT
# A copy, so that the build that runs this test keeps its own notes.
mkdir -p "$work/copy"
cp -r "$root/scripts" "$root/cmake" "$work/copy/"
deps=$work/copy/scripts/deps

gives 2 "unknown argument '--nonsense'" "$deps" --nonsense
gives 2 "unknown backend 'abacus'" "$deps" --backend abacus
gives 2 '--backend needs a value' timeout 10 "$deps" --backend
gives 2 '--pack needs a value' timeout 10 "$deps" --pack
gives 2 '--unpack needs a value' timeout 10 "$deps" --unpack
gives 2 '--portable is for the backends serial and openmp' "$deps" --portable --backend cuda
gives 0 'usage: scripts/deps' "$deps" --help
gives 2 "there is no file '$work/none.tar'" "$deps" --unpack "$work/none.tar"

state() { (cd "$KSWGD_CACHE" && find . -type f ! -name '*.log' ! -name lock -exec sha256sum {} + | sort); find "$KSWGD_CACHE" -name 'tmp.*'; }

# Archives made by --pack, or not.
echo "no archive at all" >"$work/bogus.tar"
before=$(state)
gives 1 "$work/bogus.tar is not an archive made by scripts/deps --pack" "$deps" --unpack "$work/bogus.tar"
check "a bogus archive leaves the cache as it was" test "$before" == "$(state)"

mkdir -p "$work/pack/archives/debs"
head -c 300000 /dev/zero >"$work/pack/archives/pygenten-0.1.5.tar.gz"
tar -cf "$work/pack.tar" -C "$work/pack" archives
"$deps" --unpack "$work/pack.tar" 2>/dev/null & first=$!
"$deps" --unpack "$work/pack.tar" 2>/dev/null & second=$!
wait $first; check "the first of two at once" test $? == 0
wait $second; check "the second of two at once" test $? == 0
check "two at once leave what one leaves" cmp "$work/pack/archives/pygenten-0.1.5.tar.gz" "$KSWGD_CACHE/archives/pygenten-0.1.5.tar.gz"
check "two at once leave no rest" test -z "$(find "$KSWGD_CACHE" -name 'tmp.*')"
rm -rf "$KSWGD_CACHE/archives/debs"

# A machine on which a package is missing, and nobody is root.
mkdir "$work/poor"
printf '#!/bin/sh\ncase "$*" in *libhdf5-dev* | *ninja-build*) exit 1 ;; *) printf installed ;; esac\n' >"$work/poor/dpkg-query"
printf '#!/bin/sh\necho 1000\n' >"$work/poor/id"
chmod +x "$work/poor/"*
gives 2 'apt-get install ninja-build libhdf5-dev' env "PATH=$work/poor:$PATH" "$deps"

# A machine that has all packages but Kokkos, where the download brings something else. The tools that look and fetch are ours.
mkdir "$work/fetch"
printf '#!/bin/sh\nprintf installed\n' >"$work/fetch/dpkg-query"
printf '#!/bin/sh\nexit 0\n' >"$work/fetch/cmake"
cat >"$work/fetch/python3" <<'STUB'
#!/bin/bash
mkdir -p "$3/bin"
cat >"$3/bin/pip" <<'PIP'
#!/bin/bash
[[ "$*" == *download* ]] || exit 0
[[ $KSWGD_TEST_NETWORK != down ]] || { echo "no route to host"; exit 1; }
while [[ $1 != -d ]]; do shift; done
mkdir -p "$2"; echo "another archive" >"$2/pygenten-0.1.5.tar.gz"
PIP
chmod +x "$3/bin/pip"
STUB
chmod +x "$work/fetch/"*
before=$(state)
gives 1 'pygenten 0.1.5 has a wrong checksum; the cache is as it was' env KSWGD_TEST_NETWORK=up "PATH=$work/fetch:$PATH" "$deps" --backend serial
check "a wrong checksum leaves the cache as it was" test "$before" == "$(state)"
gives 1 'fetching pygenten 0.1.5 failed (download or checksum); the cache is as it was' env KSWGD_TEST_NETWORK=down "PATH=$work/fetch:$PATH" "$deps" --backend serial
check "a failed download leaves the cache as it was" test "$before" == "$(state)"
check "nothing was noted for the presets" test ! -e "$work/copy/build/deps/serial.cmake"

finish
