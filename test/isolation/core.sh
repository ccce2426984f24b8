# SPDX-License-Identifier: Apache-2.0
# core.sh: of node 1, when it is dead, the core file, packed for the console.
head -c 1 /proc/hydros/core.1 > /dev/null 2>&1 && exit 1
until grep -q '^node 1 state dead ' /proc/hydros/nodes; do usleep 50000; done
until head -c 1 /proc/hydros/core.1 > /dev/null 2>&1; do usleep 50000; done
gzip -1 -c /proc/hydros/core.1 | base64
