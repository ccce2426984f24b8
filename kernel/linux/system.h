/* SPDX-License-Identifier: Apache-2.0 */
/* What the system calls itself. */
#pragma once

struct linux_names { /* struct utsname */
    char system[65], node[65], release[65], version[65], machine[65], domain[65];
};
const struct linux_names *system_names(void);
