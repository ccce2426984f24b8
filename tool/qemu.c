/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of `hydros run` into arguments of QEMU. The boot options of the kernels are made here.
 */
#include "tool/qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/tool.h"

#define ARGUMENTS_MAX (72 + 4 * OWN_CARDS_MAX + OPTIONS_GIVEN_MAX)
/* Of QEMU's isa-debug-exit; also given to the kernels as a boot option. */
#define EXIT_PORT "0xf4"
/* The first of microvm's windows for virtio devices, and its line at the I/O APIC. */
#define MICROVM_WINDOW   "0xfeb00000"
#define MICROVM_LINE     "16"
#define OPTIONS_SIZE_MAX 60000UL /* the boot store keeps OPTIONS_MAX, abi/machine.h */

/* QEMU puts the image into the machine's memory; what nodes need besides, the loader says. */
static int memory_check(const struct qemu_request *request)
{
    struct stat image;
    if (request->memory == 0)
        return tool_fail("MEM must be a size such as 2G or 768M");
    if (stat(request->image, &image) == 0 &&
        request->memory < ((unsigned long)image.st_size >> 20) + 64)
        return tool_fail(
            "MEM=%luM is too little: the system image has %lu MiB, and each node needs 192",
            request->memory, (unsigned long)image.st_size >> 20);
    return 0;
}

static int request_check(const struct qemu_request *request)
{
    if (request->loader == NULL || request->image == NULL)
        return tool_fail("run: needs --loader=FILE and --image=FILE");
    if (access(request->loader, R_OK) != 0)
        return tool_fail("cannot read the loader %s: run `make image` first", request->loader);
    if (access(request->image, R_OK) != 0)
        return tool_fail("cannot read the system image %s: run `make image` first", request->image);
    if (request->nodes < 1 || request->nodes > 64)
        return tool_fail("NODES must be from 1 to 64");
    if (memory_check(request) != 0)
        return 1;
    return network_check(request);
}

static int request_read_one(struct qemu_request *request, const char *argument)
{
    const char *value;
    if ((value = argument_value(argument, "loader")) != NULL)
        request->loader = value;
    else if ((value = argument_value(argument, "image")) != NULL)
        request->image = value;
    else if ((value = argument_value(argument, "accel")) != NULL)
        request->accel = value;
    else if ((value = argument_value(argument, "machine")) != NULL)
        request->machine = value;
    else if ((value = argument_value(argument, "eval")) != NULL)
        request->eval = value;
    else if ((value = argument_value(argument, "nodes")) != NULL)
        request->nodes = (unsigned)size_megabytes(value);
    else if ((value = argument_value(argument, "memory")) != NULL)
        request->memory = size_megabytes(value);
    else if ((value = argument_value(argument, "timeout")) != NULL)
        request->timeout = (unsigned)size_megabytes(value);
    else if ((value = argument_value(argument, "net")) != NULL)
        request->net = value;
    else if ((value = argument_value(argument, "card")) != NULL)
        request->card = value;
    else if ((value = argument_value(argument, "own-card")) != NULL)
        return network_own_read(request, value);
    else if ((value = argument_value(argument, "port")) != NULL)
        return network_port_read(request, value);
    else if (strcmp(argument, "--release") == 0)
        request->release = true;
    else if (strcmp(argument, "--show") == 0)
        request->show = true;
    else if ((value = argument_value(argument, "option")) != NULL &&
             request->option_count < OPTIONS_GIVEN_MAX)
        request->options[request->option_count++] = value;
    else if ((value = argument_value(argument, "qemu")) != NULL &&
             request->extra_count < OPTIONS_GIVEN_MAX)
        request->extra[request->extra_count++] = value;
    else
        return tool_fail("run: unknown argument %s", argument);
    return 0;
}

int qemu_request_read(struct qemu_request *request, int argc, char **argv)
{
    *request = (struct qemu_request){.accel = "tcg", .machine = "q35", .nodes = 4, .memory = 2048};
    for (int i = 1; i < argc; i++) {
        int error = request_read_one(request, argv[i]);
        if (error != 0)
            return error;
    }
    return request_check(request);
}

static void option_add(char **text, const char *name, size_t name_size, const char *value)
{
    char *encoded = value != NULL ? option_encode(value) : NULL, *longer;
    if (*text == NULL || (value != NULL && encoded == NULL))
        return;
    if (asprintf(&longer, "%s%s%.*s%s%s", *text, **text != 0 ? " " : "", (int)name_size, name,
                 value != NULL ? "=" : "", value != NULL ? encoded : "") < 0)
        longer = NULL;
    free(encoded);
    free(*text);
    *text = longer;
}

static void network_options(const struct qemu_request *request, char **text)
{
    char name[16], address[64];
    if (request->net != NULL && strcmp(request->machine, "microvm") == 0) {
        option_add(text, "virtio-mmio", 11, MICROVM_WINDOW);
        option_add(text, "virtio-mmio-line", 16, MICROVM_LINE);
    }
    for (unsigned i = 0; i < request->own_count; i++) {
        snprintf(address, sizeof address, "%u", i + 1);
        option_add(text, name, (size_t)snprintf(name, sizeof name, "card@%u", request->own[i].node),
                   address);
    }
    if (network_shared(request, address, sizeof address))
        option_add(text, "shared-ip", 9, address);
    for (unsigned node = 0; node < request->nodes; node++) {
        if (!network_address(request, node, address, sizeof address))
            return;
        option_add(text, name, (size_t)snprintf(name, sizeof name, "ip@%u", node), address);
    }
}

/* Boot options, one string. */
static char *options_make(const struct qemu_request *request)
{
    char *text = strdup("");
    const char *term = getenv("TERM");
    option_add(&text, "exit-port", 9, EXIT_PORT);
    if (term != NULL && *term != 0 && request->eval == NULL && isatty(STDIN_FILENO))
        option_add(&text, "term", 4, term);
    network_options(request, &text);
    if (request->release)
        option_add(&text, "release", 7, NULL);
    if (request->eval != NULL) {
        option_add(&text, "eval", 4, request->eval);
        option_add(&text, "on-exit@0", 9, "poweroff");
        option_add(&text, "on-death", 8, "poweroff");
    }
    for (unsigned i = 0; i < request->option_count; i++) {
        const char *option = request->options[i], *equals = strchr(option, '=');
        size_t size = equals != NULL ? (size_t)(equals - option) : strlen(option);
        option_add(&text, option, size, equals != NULL ? equals + 1 : NULL);
    }
    return text;
}

static char *machine_text(const char *machine)
{
    char *text;
    /* Our devices are the ISA ones; microvm leaves them out unless asked. Kernels know one I/O
     * APIC. */
    const char *more = strcmp(machine, "microvm") == 0
                           ? ",acpi=on,ioapic2=off,isa-serial=on,pit=on,pic=on,rtc=on"
                           : "";
    return asprintf(&text, "%s%s", machine, more) < 0 ? NULL : text;
}

static bool network_arguments(const struct qemu_request *request, char **arguments, size_t *count)
{
    size_t first = *count;

    for (unsigned card = 0; card <= request->own_count; card++) {
        arguments[(*count)++] = strdup("-netdev");
        arguments[(*count)++] = network_backend(request, card);
        arguments[(*count)++] = strdup("-device");
        arguments[(*count)++] = network_device(request, card);
    }
    arguments[(*count)++] = strdup("-global");
    arguments[(*count)++] = strdup("virtio-mmio.force-legacy=false");
    for (size_t i = first; i < *count; i++)
        if (arguments[i] == NULL)
            return false;
    return true;
}

char **qemu_arguments_make(const struct qemu_request *request)
{
    static char *arguments[ARGUMENTS_MAX]; /* one machine a process; zeros end it */
    char nodes[16], memory[32];
    char *options = options_make(request), *machine = machine_text(request->machine);
    if (options == NULL || machine == NULL) {
        tool_fail("out of memory");
        return NULL;
    }
    if (strlen(options) > OPTIONS_SIZE_MAX) {
        tool_fail("the boot options (EVAL among them) are longer than %lu bytes", OPTIONS_SIZE_MAX);
        return NULL;
    }
    snprintf(nodes, sizeof nodes, "%u", request->nodes);
    snprintf(memory, sizeof memory, "%lu", request->memory);
    bool tcg = strncmp(request->accel, "tcg", 3) == 0;
    const char *fixed[] = {
        "qemu-system-x86_64",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
        "-machine",
        machine,
        "-accel",
        strcmp(request->accel, "tcg") == 0 ? "tcg,thread=multi" : request->accel,
        "-cpu",
        tcg ? "max" : "host",
        "-smp",
        nodes,
        "-m",
        memory,
        "-chardev",
        "stdio,id=line,signal=off",
        "-serial",
        "chardev:line",
        "-device",
        "isa-debug-exit,iobase=" EXIT_PORT ",iosize=0x04",
        "-kernel",
        request->loader,
        "-initrd",
        request->image,
        "-append",
        options,
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        arguments[count++] = strdup(fixed[i]);
    if (request->net != NULL && !network_arguments(request, arguments, &count)) {
        tool_fail("out of memory");
        return NULL;
    }
    for (unsigned i = 0; i < request->extra_count; i++)
        arguments[count++] = strdup(request->extra[i]);
    free(options);
    free(machine);
    return arguments;
}
