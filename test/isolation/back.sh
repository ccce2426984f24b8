# SPDX-License-Identifier: Apache-2.0
# back.sh COUNT: waits until so many other nodes run in another than their first life, then says what is known.
until [ "$(grep -c '^node [1-9]* state running incarnation [2-9]' /proc/hydros/nodes)" -ge "$1" ]; do usleep 50000; done
cat /proc/hydros/nodes /proc/hydros/deaths
