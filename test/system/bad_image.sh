# SPDX-License-Identifier: Apache-2.0
# Truncated and altered system images: one clear line, status not 0, never a hang.
# LIMIT: 240
. test/system/common
good=$IMAGE
IMAGE=$WORK/image
head -c 1000000 $good > $IMAGE
machine --nodes=1 --memory=512M --timeout=100 --eval=ok
expect_failure
expect_line 'image'
head -c 40 $good > $IMAGE
machine --nodes=1 --memory=512M --timeout=100 --eval=ok
expect_failure
for offset in 0 9 60 5000 2000000; do
    cp $good $IMAGE
    printf 'ZZZZ' | dd of=$IMAGE bs=1 seek=$offset conv=notrunc 2> /dev/null
    machine --nodes=1 --memory=512M --timeout=100 --eval=ok
    expect_failure
    expect_line 'hydros: .*\(image\|kernel\|root\)'
done
