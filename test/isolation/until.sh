# SPDX-License-Identifier: Apache-2.0
# until.sh NODE PATTERN: waits until the node's line in /proc/hydros/nodes goes on like that, then says what is known.
node=$1
shift
until grep -q "^node $node state $* " /proc/hydros/nodes; do usleep 50000; done
cat /proc/hydros/nodes /proc/hydros/deaths
