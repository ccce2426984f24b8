# SPDX-License-Identifier: Apache-2.0
# What /dev/hydros and /proc/hydros answer on node 0, while node 1 runs, is killed, stopped and started again.
until grep -q '^node 1 state running ' /proc/hydros/nodes; do usleep 20000; done
/t/control || exit 1
wait_for() { # LINE-PATTERN
    until grep -q "$1" /proc/hydros/nodes; do usleep 20000; done
    echo "seen: $1"
}
echo kill 1 > /dev/hydros
wait_for '^node 1 state running incarnation 2 .* restarts 1 '
echo stop 1 > /dev/hydros
wait_for '^node 1 state dead incarnation 2 .* uptime_ms 0 '
sleep 1
wait_for '^node 1 state dead incarnation 2 '
echo kill 1 > /dev/hydros && exit 1
echo restart 1 > /dev/hydros
wait_for '^node 1 state running incarnation 3 '
cat /proc/hydros/nodes /proc/hydros/deaths /proc/hydros/log.1
echo poweroff 7 > /dev/hydros
