# SPDX-License-Identifier: Apache-2.0
# watch.sh COUNT: waits until so many nodes are dead, then says what is known of all.
until [ "$(grep -c '^node [0-9]* state dead ' /proc/hydros/nodes)" -ge "$1" ]; do usleep 50000; done
cat /proc/hydros/nodes /proc/hydros/epitaphs
