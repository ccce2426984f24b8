/* SPDX-License-Identifier: Apache-2.0 */
/* The CMOS clock's date and time as a number. Pure. */
#include "boot/clock.h"

#define STATUS_B_24_HOURS 2
#define STATUS_B_BINARY   4
#define HOUR_IS_PM        0x80

uint64_t clock_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                       unsigned second)
{
    /* Years that begin in March have their odd day at the end: no table, no special case. */
    unsigned shifted_month = (month + 9) % 12;
    uint64_t y = year - (month <= 2);
    uint64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (shifted_month * 306 + 5) / 10 + day - 1;

    return ((days - 719468) * 24 + hour) * 3600 + minute * 60 + second;
}

static unsigned number_decode(uint8_t value, uint8_t status_b)
{
    return status_b & STATUS_B_BINARY ? value : (unsigned)(value >> 4) * 10 + (value & 15);
}

uint64_t clock_decode(const uint8_t registers[6], uint8_t century, uint8_t status_b)
{
    unsigned second = number_decode(registers[0], status_b);
    unsigned minute = number_decode(registers[1], status_b);
    unsigned hour = number_decode(registers[2] & (uint8_t)~HOUR_IS_PM, status_b);
    unsigned day = number_decode(registers[3], status_b);
    unsigned month = number_decode(registers[4], status_b);
    unsigned year = number_decode(registers[5], status_b);
    unsigned hundreds = number_decode(century, status_b);

    if (!(status_b & STATUS_B_24_HOURS))
        hour = hour % 12 + (registers[2] & HOUR_IS_PM ? 12 : 0);
    year += hundreds >= 20 && hundreds <= 22 ? hundreds * 100 : 2000;
    if (second > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12 ||
        year > 2299)
        return 0;
    return clock_seconds(year, month, day, hour, minute, second) * 1000000000UL;
}
