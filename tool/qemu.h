/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of QEMU, and the command line that asks it. */
#pragma once
#include <stdbool.h>

#define OPTIONS_GIVEN_MAX 64

struct qemu_request {
    const char *loader, *image, *accel, *machine, *eval;
    unsigned nodes;
    unsigned long memory; /* MiB */
    unsigned timeout;     /* seconds, 0: none given */
    bool release;
    bool show;                              /* print the command line instead of running it */
    const char *options[OPTIONS_GIVEN_MAX]; /* name=value, value not encoded */
    unsigned option_count;
    const char *extra[OPTIONS_GIVEN_MAX]; /* arguments for QEMU as they are */
    unsigned extra_count;
};
int qemu_request_read(struct qemu_request *request, int argc,
                      char **argv); /* 0, or exit status after one line */
char **
qemu_arguments_make(const struct qemu_request *request); /* ends with NULL; NULL: after one line */
