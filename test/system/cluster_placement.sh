# SPDX-License-Identifier: Apache-2.0
# A hosted program moves when its node dies, and goes back when that returns.
# LIMIT: 240
. test/system/cluster_common
cluster 3 'cluster_test:placement(2)'
