# SPDX-License-Identifier: Apache-2.0
# Four nodes are one cluster: erpc, a term of 64 MiB, global, pg, code loading.
# LIMIT: 240
. test/system/cluster_common
cluster 4 'cluster_test:services()'
