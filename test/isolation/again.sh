# SPDX-License-Identifier: Apache-2.0
# again.sh: node 0's program ends well, and is started again by order of node 1; then it is stopped by order, and started again.
[ "$HYDROS_NODE$HYDROS_INCARNATION" != 01 ] || exit 0
[ "$HYDROS_NODE" = 1 ] || exec sleep 1000
wait_for() { until grep -q "$1" /proc/hydros/nodes; do usleep 50000; done; }
wait_for '^node 0 state stopped incarnation 1 '
usleep 300000
grep -q '^node 0 state stopped incarnation 1 ' /proc/hydros/nodes && echo 'again: 0 stays down'
echo restart 0 > /dev/hydros
wait_for '^node 0 state running incarnation 2 '
echo 'again: 0 runs after its stop'
echo stop 0 > /dev/hydros
wait_for '^node 0 state dead incarnation 2 '
usleep 300000
grep -q '^node 0 state dead incarnation 2 ' /proc/hydros/nodes && echo 'again: 0 was stopped'
echo restart 0 > /dev/hydros
wait_for '^node 0 state running incarnation 3 '
echo 'again: 0 runs after that order'
