# SPDX-License-Identifier: Apache-2.0
# A release directory without releases/, and one that does not exist: one clear line before anything starts.
# LIMIT: 240
. test/system/common
mkdir "$WORK/rel"
for directory in "$WORK/rel" "$WORK/none"; do
    make -s run RELEASE="$directory" ROOT="$WORK/root" IMAGE="$WORK/image" > "$WORK/out" 2>&1 && fail "was accepted"
    grep -q "RELEASE=$directory" "$WORK/out" || fail "no clear line"
done
