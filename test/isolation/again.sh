# SPDX-License-Identifier: Apache-2.0
# again.sh: node 0's program ends well, and is started again by order of node 1; then it is stopped by order, and started again.
# Node 1 ends with status 0 only if all that was so.
[ "$HYDROS_NODE$HYDROS_INCARNATION" != 01 ] || exit 0
[ "$HYDROS_NODE" = 1 ] || exec sleep 1000
wait_for() { until grep -q "$1" /proc/hydros/nodes; do usleep 50000; done; }
stays() { usleep 300000; grep -q "$1" /proc/hydros/nodes || exit 1; }
wait_for '^node 0 state stopped incarnation 1 '
stays '^node 0 state stopped incarnation 1 '
echo restart 0 > /dev/hydros
wait_for '^node 0 state running incarnation 2 .* deaths_in_row 0 '
echo stop 0 > /dev/hydros
wait_for '^node 0 state dead incarnation 2 '
stays '^node 0 state dead incarnation 2 '
echo restart 0 > /dev/hydros
wait_for '^node 0 state running incarnation 3 '
