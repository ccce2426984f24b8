/* SPDX-License-Identifier: Apache-2.0 */
/* printf's work. No floating point, no allocation; what does not fit is counted but not written. */
#include "lib/format.h"

#include "lib/string.h"

struct output {
    char *buffer;
    size_t size, length;
};
struct field {
    bool left, zero, plus, space, alternate;
    int width, precision; /* precision -1: none given */
};

static void put(struct output *output, char c)
{
    if (output->length + 1 < output->size)
        output->buffer[output->length] = c;
    output->length++;
}

static void put_repeated(struct output *output, char c, int count)
{
    while (count-- > 0)
        put(output, c);
}

static void put_padded(struct output *output, const struct field *field, const char *text,
                       size_t length)
{
    if (!field->left)
        put_repeated(output, ' ', field->width - (int)length);
    for (size_t i = 0; i < length; i++)
        put(output, text[i]);
    if (field->left)
        put_repeated(output, ' ', field->width - (int)length);
}

static void put_text(struct output *output, const struct field *field, const char *text)
{
    if (!text)
        text = "(null)";
    put_padded(output, field, text,
               field->precision >= 0 ? strnlen(text, (size_t)field->precision) : strlen(text));
}

static void put_number(struct output *output, const struct field *field, uint64_t value,
                       unsigned base, bool upper, const char *prefix)
{
    static const char lower_digits[] = "0123456789abcdef", upper_digits[] = "0123456789ABCDEF";
    const char *digits = upper ? upper_digits : lower_digits;
    char text[24] = {0};
    int length = 0, zeros, spaces;

    for (; value > 0 || (length == 0 && field->precision != 0); value /= base)
        text[length++] = digits[value % base];
    zeros = field->precision > length ? field->precision - length : 0;
    spaces = field->width - length - zeros - (int)strlen(prefix);
    if (field->zero && !field->left && field->precision < 0 && spaces > 0) {
        zeros += spaces;
        spaces = 0;
    }
    if (!field->left)
        put_repeated(output, ' ', spaces);
    while (*prefix)
        put(output, *prefix++);
    put_repeated(output, '0', zeros);
    while (length > 0)
        put(output, text[--length]);
    if (field->left)
        put_repeated(output, ' ', spaces);
}

static int number_parse(const char **at)
{
    int number = 0;

    while (**at >= '0' && **at <= '9') {
        number = number < 100000 ? number * 10 + (**at - '0') : number;
        (*at)++;
    }
    return number;
}

/* Flags, width and precision; leaves *at on the length marks. */
static struct field field_parse(const char **at, va_list *args)
{
    struct field field = {.precision = -1};

    for (;; (*at)++) {
        if (**at == '-')
            field.left = true;
        else if (**at == '0')
            field.zero = true;
        else if (**at == '+')
            field.plus = true;
        else if (**at == ' ')
            field.space = true;
        else if (**at == '#')
            field.alternate = true;
        else
            break;
    }
    if (**at == '*') {
        field.width = va_arg(*args, int);
        if (field.width < 0) {
            field.left = true;
            field.width = -field.width;
        }
        (*at)++;
    } else {
        field.width = number_parse(at);
    }
    if (**at == '.') {
        (*at)++;
        if (**at == '*') {
            field.precision = va_arg(*args, int);
            (*at)++;
        } else {
            field.precision = number_parse(at);
        }
    }
    return field;
}

/* -2 char, -1 short, 0 int, 1 long */
static int size_parse(const char **at)
{
    int size = 0;

    for (;; (*at)++) {
        if (**at == 'l' || **at == 'z' || **at == 'j' || **at == 't')
            size = 1;
        else if (**at == 'h')
            size = size == -1 ? -2 : -1;
        else
            return size;
    }
}

static void put_signed(struct output *output, const struct field *field, int64_t value)
{
    const char *prefix = value < 0 ? "-" : field->plus ? "+" : field->space ? " " : "";

    put_number(output, field, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, false, prefix);
}

static void convert(struct output *output, const char **at, va_list *args)
{
    struct field field = field_parse(at, args);
    int size = size_parse(at);
    char kind = **at;

    switch (kind) {
    case 'd':
    case 'i': {
        int64_t value = size == 1 ? va_arg(*args, long) : va_arg(*args, int);

        put_signed(output, &field,
                   size == -1   ? (short)value
                   : size == -2 ? (signed char)value
                                : value);
        break;
    }
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
        uint64_t value = size == 1 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned);
        unsigned base = kind == 'u' ? 10 : kind == 'o' ? 8 : 16;

        if (size < 0)
            value = size == -1 ? (unsigned short)value : (unsigned char)value;
        put_number(output, &field, value, base, kind == 'X',
                   !field.alternate || !value ? ""
                   : kind == 'x'              ? "0x"
                   : kind == 'X'              ? "0X"
                   : kind == 'o'              ? "0"
                                              : "");
        break;
    }
    case 'p':
        put_number(output, &field, (uintptr_t)va_arg(*args, void *), 16, false, "0x");
        break;
    case 'c': {
        char c = (char)va_arg(*args, int);

        if (c)
            put_padded(output, &field, &c, 1);
        else
            put(output, 0);
        break;
    }
    case 's':
        put_text(output, &field, va_arg(*args, const char *));
        break;
    case '%':
        put(output, '%');
        break;
    default: /* not ours: show it as it stands */
        put(output, '%');
        if (!kind)
            return;
        put(output, kind);
        break;
    }
    (*at)++;
}

int format_args(char *buffer, size_t size, const char *format, va_list args)
{
    struct output output = {buffer, size, 0};
    va_list rest;

    va_copy(rest, args);
    while (*format) {
        if (*format != '%') {
            put(&output, *format++);
            continue;
        }
        format++;
        convert(&output, &format, &rest);
    }
    va_end(rest);
    if (size > 0)
        buffer[output.length < size ? output.length : size - 1] = 0;
    return (int)output.length;
}

int format(char *buffer, size_t size, const char *text, ...)
{
    va_list args;
    int length;

    va_start(args, text);
    length = format_args(buffer, size, text, args);
    va_end(args);
    return length;
}
