# SPDX-License-Identifier: Apache-2.0
# A node of three dies of its kernel, of its Erlang, by order: the others know at once, and it is back in its next life.
# LIMIT: 400
. test/system/cluster_common
for fault in panic beam_segv order; do cluster 3 "cluster_test:death(1, $fault)"; done
