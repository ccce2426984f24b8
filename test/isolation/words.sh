# SPDX-License-Identifier: Apache-2.0
# words.sh: what is known when node 1 runs in its second life.
until grep -q '^node 1 state running incarnation 2 ' /proc/hydros/nodes; do usleep 50000; done
cat /proc/hydros/nodes /proc/hydros/deaths
