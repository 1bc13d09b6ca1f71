#include "bridge/result.h"

#include <stdarg.h>
#include <stdio.h>

enum bridge_result bridge_fail(char why[BRIDGE_SENTENCE], enum bridge_result result,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, BRIDGE_SENTENCE, format, arguments);
    va_end(arguments);
    return result;
}
