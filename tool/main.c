/* SPDX-License-Identifier: Apache-2.0 */
/* hydros: host side of HydrOS. Builds the system image and runs the machine in QEMU; tool/hydros.1
 * describes it. */
#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int tool_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("hydros: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "image") == 0)
        return image_command(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "run") == 0)
        return run_command(argc - 1, argv + 1);
    fputs("usage: hydros image --kernel=FILE --root=FILE --output=FILE\n"
          "       hydros run --loader=FILE --image=FILE [--nodes=4] [--memory=2G] [--accel=tcg]\n"
          "                  [--machine=q35] [--eval=EXPRESSION] [--release] [--timeout=SECONDS]\n"
          "                  [--option=NAME=VALUE]... [--qemu=ARGUMENT]...\n",
          stderr);
    return 2;
}
