# SPDX-License-Identifier: Apache-2.0
# row.sh: what node 0 sees while node 1 dies again and again, and node 2 has stopped.
wait_for() { until grep -q "$1" /proc/hydros/nodes; do usleep 20000; done; }
wait_for '^node 1 .* deaths_in_row 10 '
echo 'row: 1 died ten times'
until grep -q 'init: safe mode: ' /proc/hydros/log.1; do usleep 20000; done
echo 'row: 1 is in safe mode'
grep -q '^node 2 state stopped incarnation 1 .* deaths_in_row 0 ' /proc/hydros/nodes && echo 'row: 2 was stopped in life 1'
echo restart 2 > /dev/hydros
wait_for '^node 2 state [a-z]* incarnation 2 .* deaths_in_row 0 '
echo 'row: 2 was started'
