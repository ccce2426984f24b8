# SPDX-License-Identifier: Apache-2.0
# settled.sh COUNT: when faults and restarts are over, waits until so many other nodes run, then says what is known.
sleep 10
until [ "$(grep -c '^node [1-9][0-9]* state running ' /proc/hydros/nodes)" -ge "$1" ]; do usleep 100000; done
cat /proc/hydros/nodes /proc/hydros/deaths
