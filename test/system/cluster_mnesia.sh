# SPDX-License-Identifier: Apache-2.0
# Mnesia with replicas on three nodes, over the death and the return of one of them.
# LIMIT: 240
. test/system/cluster_common
cluster 3 'cluster_test:mnesia(2)'
